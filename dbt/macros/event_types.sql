{#- Clause 2.1's list: the types, whose they are and which of them the customer initiates. -#}
{% macro contracted_event_types() -%}
    {%- for event_type, facts in contract().event_types.items() -%}
    select
        '{{ event_type }}' as event_type,
        '{{ facts.source }}' as source_system,
        {{ facts.customer_initiated | lower }} as is_customer_initiated
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}
