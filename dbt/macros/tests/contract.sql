{#- Only values that a clause of the metric contract lists, or none. -#}
{% test among_contract_parameter(model, column_name, clause, parameter) %}
    {%- set listed = contract().clauses[clause].parameters[parameter] -%}
    select distinct {{ column_name }}
    from {{ model }}
    where {{ column_name }} not in ({{ quoted(listed | list) }})
{% endtest %}

{#- Only metrics that the metric contract names. -#}
{% test named_in_contract(model, column_name) %}
    select distinct {{ column_name }}
    from {{ model }}
    where {{ column_name }} not in ({{ quoted(contract().metrics | list) }})
{% endtest %}

{#- Only sources that have a contract. -#}
{% test source_named_in_contract(model, column_name) %}
    select distinct {{ column_name }}
    from {{ model }}
    where {{ column_name }} not in ({{ quoted(contract().sources | list) }})
{% endtest %}
