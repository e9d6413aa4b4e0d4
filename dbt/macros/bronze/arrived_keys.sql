{#-
    Keys of a bronze table to be worked out anew, in the column `due_key`: those with a row in a partition that is not as
    it was seen last, whatever the row says and wherever it stands. After a truncate, or by other rules: all of them, and
    all that this table holds.
-#}
{% macro arrived_keys(source_name, table_name) -%}
    {%- set table = contract().sources[source_name].tables[table_name] -%}
    {%- set bronze, key = source('raw_' ~ source_name, table_name), key_of(table)[0] -%}
    {%- set all_due -%}
        (
            {{ everything_is_due() | indent(12) }}
            or (
                select count(*)
                from {{ bronze }}
                where
                    _op = 'truncate'
                    and _partition::varchar in ({{ unsettled_partitions() | indent(20) }})
            ) > 0
        )
    {%- endset -%}
    select distinct {{ key }} as due_key
    from {{ bronze }}
    where
        {{ key }} is not null
        and (
            _partition::varchar in ({{ unsettled_partitions() | indent(12) }})
            or {{ all_due }}
        )

    union

    select {{ table.key[0] }} as due_key
    from {{ this }}
    where {{ all_due }}
{%- endmacro %}

{#- A name for the SQL that reads a bronze table: by contract, macros and model. Days are no part of it. -#}
{% macro rules_of(source_name, table_name) -%}
    {%- set types = contract().sources[source_name].tables[table_name].types -%}
    {%- set casts = [latest_per_key(source_name, table_name)] -%}
    {%- for column, type in types.items() %}{% do casts.append(cast_to(type, column)) %}{% endfor -%}
    {{- return(modules.re.sub("'[0-9-]{10}'", '', casts | join('\n'))) -}}
{%- endmacro %}
