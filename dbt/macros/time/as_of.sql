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

{#- The UTC instant at which a business day begins. -#}
{% macro start_of_day(day) %}convert_timezone('{{ contract().timezone }}', 'UTC', ({{ day }})::timestamp_ntz(6))::timestamp_ntz(6){% endmacro %}

{#- The Monday of the week that contains a date, whatever the session's WEEK_START. -#}
{% macro monday_of(day) %}dateadd(day, 1 - dayofweekiso({{ day }}), {{ day }}){% endmacro %}
