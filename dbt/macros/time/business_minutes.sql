{#-
    Clause 7.3's business time between two UTC instants, in minutes to two decimals; null where one of them is.

    What had been open until the one less what had been open until the other: as cheap for ten years as for ten minutes.
-#}
{% macro business_minutes(since, until) -%}
(
    ({{ open_seconds_until(until) }} - {{ open_seconds_until(since) }})
    / 60
)::number(18, 2)
{%- endmacro %}

{#-
    The seconds that the bank had been open by an instant, counted from a Monday long ago.

    Counted on Toronto's clock: it is only changed at night, so between opening and closing it shows what has elapsed.
-#}
{% macro open_seconds_until(instant) -%}
    {%- set hours = contract().clauses['7.3'].parameters -%}
    {%- set opens = seconds_of_day(hours.opens) -%}
    {%- set closes = seconds_of_day(hours.closes) -%}
    {%- set week = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] -%}
    {%- set open_before = [] -%}
    {%- set clock = "convert_timezone('UTC', '" ~ contract().timezone ~ "', " ~ instant ~ ")" -%}
    {%- set day = business_day(instant) -%}
    (
        floor(datediff(day, '1900-01-01'::date, {{ day }}) / 7)::integer * {{ hours.business_days | length * (closes - opens) }}
        + case dayofweekiso({{ day }})
            {%- for name in week %}
            when {{ loop.index }} then {{ open_before | length * (closes - opens) }}
            {%- if name in hours.business_days %}{% do open_before.append(name) %} + {{
                seconds_open(clock, day, opens, closes)
            }}{% endif %}
            {%- endfor %}
        end
    )
{%- endmacro %}

{#- Of a day that is open, the seconds that had been open by the time on the clock. -#}
{% macro seconds_open(clock, day, opens, closes) -%}
least(greatest(datediff(second, {{ day }}::timestamp_ntz(6), {{ clock }}), {{ opens }}), {{ closes }}) - {{ opens }}
{%- endmacro %}

{#- `09:30`, as the contract writes a time of day. -#}
{% macro seconds_of_day(time) %}
    {%- set hour, minute = time.split(':') -%}
    {{- return((hour | int * 60 + minute | int) * 60) -}}
{% endmacro %}
