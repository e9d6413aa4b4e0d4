{#-
    Bronze text to silver types. The contract says what a column's text stands for and how it is written. What does not
    cast becomes null here and a row in the source's quarantine, which finds it with these same macros.
-#}

{#-
    A contracted column, cast. For a model `stg_<source>__<table>`; another names its table.
-#}
{% macro typed(column, table_name=none) -%}
    {#- A unit test of a model has a name of its own. -#}
    {%- set name = (model.tested_node_unique_id or model.unique_id).split('.')[2] -%}
    {%- set source_name, own_table = name.removeprefix('stg_').split('__') -%}
    {%- set table = contract().sources[source_name].tables[table_name or own_table] -%}
    {{- cast_to(table.types[column], column) -}}
{%- endmacro %}

{#- A column cast to a type as `contract().sources.<source>.tables.<table>.types` has it. -#}
{% macro cast_to(contracted, column) %}
    {%- set told = {'type': contracted} if contracted is string else contracted -%}
    {%- if told.format == 'unix_seconds' -%}
        {%- set cast = as_instant(column) -%}
    {%- elif told.type == 'timestamp' -%}
        {%- set cast = as_timestamp(column, told.zone) -%}
    {%- elif told.type in ('integer', 'number') -%}
        {%- set cast = {'integer': as_integer, 'number': as_number}[told.type](column, told.format) -%}
    {%- else -%}
        {%- set cast = {'date': as_date, 'boolean': as_boolean}[told.type](column) -%}
    {%- endif -%}
    {{- return(cast) -}}
{% endmacro %}

{#-
    An instant in UTC, from text that names its offset: text without one would be read in the session's time zone.

    zone: of text without an offset. Where that is untold, the clock's own reading is all there is to know.
-#}
{% macro as_timestamp(column, zone=none) -%}
    case
        when regexp_like({{ column }}, '.+:[0-9.]+(Z|[+-][0-9]{2}(:?[0-9]{2})?)')
            then convert_timezone(
                'UTC',
                -- PostgreSQL writes hours only, Salesforce no colon
                try_to_timestamp_tz(
                    case
                        when regexp_like({{ column }}, '.+[+-][0-9]{2}') then {{ column }} || ':00'
                        when regexp_like({{ column }}, '.+[+-][0-9]{4}')
                            then left({{ column }}, length({{ column }}) - 2) || ':' || right({{ column }}, 2)
                        else {{ column }}
                    end
                )
            )::timestamp_ntz(6)
        {%- if zone == 'untold' %}
        when regexp_like({{ column }}, '[0-9-]{10}[T ][0-9:]+([.][0-9]+)?')
            then try_to_timestamp_ntz({{ column }})::timestamp_ntz(6)
        {%- elif zone %}
        when regexp_like({{ column }}, '[0-9-]{10}[T ][0-9:]+([.][0-9]+)?')
            then convert_timezone('{{ zone }}', 'UTC', try_to_timestamp_ntz({{ column }}))::timestamp_ntz(6)
        {%- endif %}
    end
{%- endmacro %}

{#- An instant that a source counts in seconds since 1970. Eleven digits reach the year 5138. -#}
{% macro as_instant(column) -%}
    case
        when regexp_like({{ column }}, '[0-9]{1,11}')
            then dateadd('second', {{ column }}::integer, '1970-01-01'::timestamp_ntz(6))
    end
{%- endmacro %}

{#-
    An object or a list, to take fields from. Bronze holds what landed: the text of the source's JSON, as one value.
-#}
{% macro nested(column) %}try_parse_json({{ column }}::varchar){% endmacro %}

{% macro as_date(column) %}try_to_date({{ column }}, 'YYYY-MM-DD'){% endmacro %}

{% macro as_boolean(column) %}try_to_boolean({{ column }}){% endmacro %}

{#- Snowflake would round a fraction to a neighbour: another row's key, perhaps. -#}
{% macro as_integer(column, format=none) -%}
    case when regexp_like({{ column }}, '-?{{ whole_number(format) }}') then try_to_number({{ bare(column, format) }}, 38, 0) end
{%- endmacro %}

{#- An amount, exact: what has more than two decimals would be rounded. -#}
{% macro as_number(column, format=none) -%}
    {%- set sign = '[$]?' if format == 'english' else '' -%}
    {%- set mark = ',' if format == 'french' else '[.]' -%}
    {%- set symbol = '(.?[$])?' if format == 'french' else '' -%}
    case
        when regexp_like({{ column }}, '-?{{ sign }}{{ whole_number(format) }}({{ mark }}[0-9]{0,2}0*)?{{ symbol }}')
            then try_to_decimal({{ bare(column, format) }}, 18, 2)
    end
{%- endmacro %}

{#- Digits as a source groups them. The French leave a space, of whatever width. -#}
{% macro whole_number(format) -%}
    {%- set groups = {'english': '[0-9]{1,3}(,[0-9]{3})+|', 'french': '[0-9]{1,3}([ \u00a0\u202f][0-9]{3})+|'} -%}
    ({{ groups.get(format, '') }}[0-9]+)
{%- endmacro %}

{#- A number without what people put between its digits and around them. -#}
{% macro bare(column, format) -%}
    {%- if format == 'english' -%}
        translate({{ column }}, '$,', '')
    {%- elif format == 'french' -%}
        replace(translate({{ column }}, '{{ "$ \u00a0\u202f" }}', ''), ',', '.')
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}
