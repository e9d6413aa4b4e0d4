{#- All rows of a bronze table that the partition may know. A truncate takes away every row before it. -#}
{% macro known_rows(source_name, table_name) -%}
    {%- set bronze = source('raw_' ~ source_name, table_name) -%}
    select bronze.*
    from {{ bronze }} as bronze
    where
        bronze._partition <= {{ partition_date() }}
        and bronze._op <> 'truncate'
        and bronze._position > coalesce(
            (
                select max(truncates._position)
                from {{ bronze }} as truncates
                where
                    truncates._op = 'truncate'
                    and truncates._partition <= {{ partition_date() }}
            ),
            ''
        )
{%- endmacro %}

{#-
    The state of a bronze table at the end of the partition, columns as the source sent them: the last row per key;
    no row where that was a delete, or says by the contract's `softDelete` that it is one.

    keys:  SQL expressions; by default the contract's key, cast. Rows where one is null are in quarantine instead.
    large: columns that PostgreSQL may leave out of a change because they are stored apart (TOAST) and did not change.
           Such a column keeps the last value that was sent.
    only:  a relation with the keys to look at, in the column `due_key`; by default all. For a key of one column.
-#}
{% macro latest_per_key(source_name, table_name, keys=none, large=[], only=none) -%}
    {%- set table = contract().sources[source_name].tables[table_name] -%}
    {%- set keys = keys or key_of(table) -%}
    {%- set key_columns = [] -%}
    {%- for key in keys %}{% do key_columns.append('_key_' ~ loop.index) %}{% endfor -%}
    with

    known_rows as (

        {{ known_rows(source_name, table_name) | indent(4) }}

    ),

    keyed_rows as (

        select
            known_rows.*,
            {%- for key in keys %}
            {{ key }} as _key_{{ loop.index }}{{ ',' if not loop.last }}
            {%- endfor %}
        from known_rows
        {%- if only %}
        where {{ keys[0] }} in (select {{ only }}.due_key from {{ only }})
        {%- endif %}

    ),

    latest_rows as (

        select *
        from keyed_rows
        where {% for column in key_columns %}{{ column }} is not null{{ ' and ' if not loop.last }}{% endfor %}
        qualify row_number() over (partition by {{ key_columns | join(', ') }} order by _position desc nulls last) = 1

    )
    {%- for column in large %},

    last_sent_{{ column }} as (

        select
            latest_rows._position,
            keyed_rows.{{ column }}
        from latest_rows
        inner join keyed_rows
            on {% for key in key_columns %}keyed_rows.{{ key }} = latest_rows.{{ key }} and {% endfor %}not {{ left_out(column, 'keyed_rows') }}
        where {{ left_out(column, 'latest_rows') }}
        qualify row_number() over (
            partition by latest_rows._position order by keyed_rows._position desc nulls last
        ) = 1

    )
    {%- endfor %}

    select
        latest_rows.*
        {%- if large %} replace (
            {%- for column in large %}
            case
                when {{ left_out(column, 'latest_rows') }} then last_sent_{{ column }}.{{ column }}
                else latest_rows.{{ column }}
            end as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
        {%- endif %}
    from latest_rows
    {%- for column in large %}
    left join last_sent_{{ column }} on latest_rows._position = last_sent_{{ column }}._position
    {%- endfor %}
    where
        latest_rows._op <> 'delete'
        {%- if table.soft_delete %}
        and coalesce(latest_rows.{{ table.soft_delete.column }}, '') <> '{{ table.soft_delete.value }}'
        {%- endif %}
{%- endmacro %}

{#- The business key as silver has it: `01` and `1` are one number. -#}
{% macro key_of(table) %}
    {%- set keys = [] -%}
    {%- for name in table.key -%}
        {%- do keys.append(cast_to(table.types[name], name) if name in table.types else name) -%}
    {%- endfor -%}
    {{- return(keys) -}}
{% endmacro %}

{#- _unchanged holds the names as a JSON array: searched as text, it may be stored parsed or not. -#}
{% macro left_out(column, relation) -%}
    contains(coalesce({{ relation }}._unchanged::varchar, ''), '"{{ column }}"')
{%- endmacro %}
