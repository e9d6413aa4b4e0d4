{#- The warehouse's schemas are named by the architecture: dbt's habit of prefixing the target's schema would break every reader. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
