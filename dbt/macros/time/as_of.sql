{#-
    The moment a build speaks of. No model asks the clock: the business day comes in as DBT_PARTITION, so that building
    a day again gives the same rows.

    DBT_PARTITION is read only while a model is executed. Read while parsing, it would become part of every model, and
    each new day would make dbt parse them all again.
-#}

{#- The business day being built, `2026-11-18`. -#}
{% macro partition_day() %}
    {%- if not execute -%}
        {{- return('1970-01-01') -}}
    {%- endif -%}
    {%- set day = env_var('DBT_PARTITION', '') -%}
    {%- if day and modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', day) -%}
        {{- return(day) -}}
    {%- elif day or flags.WHICH in ['build', 'run', 'test', 'clone', 'retry', 'show'] -%}
        {{- exceptions.raise_compiler_error(
            "DBT_PARTITION is '" ~ day ~ "'; set it to the business day to build, such as DBT_PARTITION=2026-11-18"
        ) -}}
    {%- endif -%}
    {{- return('1970-01-01') -}}
{% endmacro %}

{#- The business day being built, as a SQL date. -#}
{% macro partition_date() %}'{{ partition_day() }}'::date{% endmacro %}

{#- The end of the business day, exclusive: UTC, as everything in the warehouse. -#}
{% macro as_of() %}
    {%- set next_day = modules.datetime.datetime.strptime(partition_day(), '%Y-%m-%d') + modules.datetime.timedelta(days=1) -%}
    {%- set midnight = modules.pytz.timezone(contract().timezone).localize(next_day) -%}
    '{{ midnight.astimezone(modules.pytz.utc).strftime("%Y-%m-%d %H:%M:%S") }}'::timestamp_ntz(6)
{%- endmacro %}

{#- An instant of the future is not known yet: an interval that ends there is open. -#}
{% macro if_before_as_of(instant) %}case when {{ instant }} < {{ as_of() }} then {{ instant }} end{% endmacro %}

{#- The business day that contains a UTC instant. -#}
{% macro business_day(instant) %}convert_timezone('UTC', '{{ contract().timezone }}', {{ instant }})::date{% endmacro %}

{#- The UTC instant at which a clock in Toronto shows a reading. -#}
{% macro from_local_time(reading) %}convert_timezone('{{ contract().timezone }}', 'UTC', ({{ reading }})::timestamp_ntz(6))::timestamp_ntz(6){% endmacro %}

{#- The UTC instant at which a business day begins. -#}
{% macro start_of_day(day) %}{{ from_local_time(day) }}{% endmacro %}

{#- The Monday of the week that contains a date, whatever the session's WEEK_START. -#}
{% macro monday_of(day) %}dateadd(day, 1 - dayofweekiso({{ day }}), {{ day }}){% endmacro %}

{#- Clause 5.1: the Monday that names the funnel week containing a UTC instant. -#}
{% macro funnel_week(instant) %}{{ monday_of(business_day(instant)) }}{% endmacro %}

{#- Whether a funnel week, named by its Monday, was over by the as-of moment. -#}
{% macro week_is_over(week) %}dateadd(day, 6, {{ week }}) <= {{ partition_date() }}{% endmacro %}
