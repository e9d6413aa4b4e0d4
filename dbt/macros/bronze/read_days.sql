{#- The business day of every row that bronze holds of a source, in any of its tables. -#}
{% macro read_days(source_name) -%}
    {%- for table_name in contract().sources[source_name].tables -%}
    select _partition as business_day
    from {{ source('raw_' ~ source_name, table_name) }}
    where _partition <= {{ partition_date() }}
    {{- '\n\nunion all\n\n' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
