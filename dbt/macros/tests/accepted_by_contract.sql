{#- Only values that the source's contract names, or none. -#}
{% test accepted_by_contract(model, column_name, source_name, table_name, source_column) %}
    select distinct {{ column_name }}
    from {{ model }}
    where
        {{ column_name }} not in (
            {{ quoted(contract().sources[source_name].tables[table_name].accepted[source_column]) }}
        )
{% endtest %}
