{#- A list of values for `in (...)`. -#}
{% macro quoted(values) %}'{{ values | join("', '") }}'{% endmacro %}

{#- An instant as text that sorts and never depends on the session. -#}
{% macro as_text(instant) %}to_varchar({{ instant }}, 'YYYY-MM-DD HH24:MI:SS.FF6'){% endmacro %}
