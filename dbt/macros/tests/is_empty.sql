{#- Counts what should not be there. -#}
{% test is_empty(model) %}
    select * from {{ model }}
{% endtest %}
