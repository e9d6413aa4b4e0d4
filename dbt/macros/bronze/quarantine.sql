{#-
    One row per value of a source's bronze tables that cannot become what its contract says, and per row without a key.
    Columns and types are the contract's, so a new column is looked at too.
    The value itself stays in bronze: it may be personal. Its shape is enough to see what is wrong.
-#}
{% macro quarantine(source_name) -%}
    {%- set tables = contract().sources[source_name].tables -%}
    with

    {% for table_name, table in tables.items() -%}
    suspect_{{ table_name }} as (

        select *
        from ({{ known_rows(source_name, table_name) | indent(8) }}
        ) as known_rows
        where
            {% for key in table.key %}{{ key }} is null or {% endfor %}
            {%- for column, contracted in table.types.items() %}
            ({{ does_not_cast(column, contracted) }}) or
            {%- endfor %}
            false

    ){{ ',' if not loop.last }}

    {% endfor %}
    {%- for table_name, table in tables.items() -%}
    {%- set outer_loop = loop -%}
    {%- for key in table.key %}
    {{ 'union all' if not (loop.first and outer_loop.first) }}
    select {{ quarantine_columns(table_name, table.key, key, 'the key is missing') }}
    from suspect_{{ table_name }}
    where {{ key }} is null
    {% endfor %}
    {%- for column, contracted in table.types.items() %}
    {%- set kind = contracted if contracted is string else contracted.type %}
    union all
    select {{ quarantine_columns(table_name, table.key, column, 'does not cast to ' ~ kind) }}
    from suspect_{{ table_name }}
    where {{ does_not_cast(column, contracted) }}
    {% endfor %}
    {%- endfor %}
{%- endmacro %}

{% macro does_not_cast(column, contracted) -%}
    {{ column }} is not null and {{ cast_to(contracted, column) }} is null
{%- endmacro %}

{% macro quarantine_columns(table_name, key, column, reason) %}
        '{{ table_name }}'::varchar as table_name,
        {% for part in key %}coalesce({{ part }}, ''){{ " || ' ' || " if not loop.last }}{% endfor %} as row_key,
        '{{ column }}'::varchar as column_name,
        '{{ reason }}'::varchar as reason,
        regexp_replace(regexp_replace(left({{ column }}, 40), '[0-9]', '9'), '[^0-9 :.+-]', 'a') as value_shape,
        _op,
        _position,
        _partition
{%- endmacro %}
