{#-
    Bronze text to silver types. What does not cast becomes null here and a row in the source's quarantine, which
    finds it with these same macros.
-#}

{#- An instant needs an offset: text without one would be read in the session's time zone. -#}
{% macro as_timestamp(column) -%}
    case
        -- as PostgreSQL writes it: hours only
        when regexp_like({{ column }}, '.+:[0-9.]+[+-][0-9]{2}')
            then convert_timezone('UTC', try_to_timestamp_tz({{ column }} || ':00'))::timestamp_ntz(6)
        when regexp_like({{ column }}, '.+:[0-9.]+(Z|[+-][0-9]{2}:[0-9]{2})')
            then convert_timezone('UTC', try_to_timestamp_tz({{ column }}))::timestamp_ntz(6)
    end
{%- endmacro %}

{% macro as_date(column) %}try_to_date({{ column }}, 'YYYY-MM-DD'){% endmacro %}

{% macro as_boolean(column) %}try_to_boolean({{ column }}){% endmacro %}

{#- Snowflake would round a fraction to a neighbour: another row's key, perhaps. -#}
{% macro as_integer(column) -%}
    case when regexp_like({{ column }}, '-?[0-9]+') then try_to_number({{ column }}, 38, 0) end
{%- endmacro %}

{% macro as_number(column) %}try_to_decimal({{ column }}, 18, 2){% endmacro %}

{#- The cast for a contract's logical type; none for text, which always fits. -#}
{% macro cast_to(logical_type, column) %}
    {%- set casts = {
        'timestamp': as_timestamp, 'date': as_date, 'boolean': as_boolean, 'integer': as_integer, 'number': as_number,
    } -%}
    {{- return(casts[logical_type](column) if logical_type in casts else none) -}}
{% endmacro %}
