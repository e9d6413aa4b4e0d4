{#-
    What incremental models remember between runs, in two tables of the schema silver, beside the tables they speak of:

    seen_partition:  for each reader of a bronze table, how many rows each partition had when it was read. A partition
                     with another number is unsettled, and its keys are due. So is everything where `rules`, a name for
                     the SQL that reads, is another.
    due_key:         for each reader of a silver table, the keys that were replaced since it read them. No key: all.

    What is due is written down before a table changes and struck off after the reader is done, so a kill anywhere leaves
    a key due that may be done already. Working it out once more gives the same rows.
-#}
{% macro bookkeeping(table) %}{{ this.incorporate(path={'identifier': table}) }}{% endmacro %}

{#- Before a run: write down what is there now, and mark as unsettled where that is not what was seen. -#}
{% macro note_arrivals(source_name=none, table_name=none, rules='') %}
    {%- set seen, reader = bookkeeping('seen_partition'), "'" ~ this.identifier ~ "'" %}
    create table if not exists {{ seen }} (reader varchar, partition_key varchar, row_count integer, settled boolean);

    merge into {{ seen }} as seen
    using (
        select
            coalesce(found.partition_key, known.partition_key) as partition_key,
            coalesce(found.row_count, 0) as row_count
        from (
            select
                'rules {{ local_md5(model.raw_code ~ rules) }}' as partition_key,
                1 as row_count
            {%- if source_name %}
            union all
            select
                _partition::varchar as partition_key,
                count(*) as row_count
            from {{ source('raw_' ~ source_name, table_name) }}
            where _partition <= {{ partition_date() }}
            group by _partition
            {%- endif %}
        ) as found
        full outer join (select * from {{ seen }} where reader = {{ reader }}) as known
            on found.partition_key = known.partition_key
    ) as present
        on seen.reader = {{ reader }} and seen.partition_key = present.partition_key
    when matched and seen.row_count <> present.row_count then update set
        row_count = present.row_count, settled = false
    when not matched then insert (reader, partition_key, row_count, settled)
        values ({{ reader }}, present.partition_key, present.row_count, false);
    {{ make_due_keys() }}
    update {{ bookkeeping('due_key') }} set taken = true where reader = {{ reader }};
    {%- if not is_incremental() %}
    {%- for told in tells() %}
    insert into {{ bookkeeping('due_key') }} values ('{{ told }}', null, false);
    {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- After a run: what was due is done. -#}
{% macro settle_arrivals() %}
    {%- set seen, reader = bookkeeping('seen_partition'), "'" ~ this.identifier ~ "'" %}
    delete from {{ seen }} where reader = {{ reader }} and row_count = 0;
    update {{ seen }} set settled = true where reader = {{ reader }} and not settled;
    delete from {{ bookkeeping('due_key') }} where reader = {{ reader }} and taken;
{% endmacro %}

{% macro make_due_keys() %}
    create table if not exists {{ bookkeeping('due_key') }} (reader varchar, due_key varchar, taken boolean);
{% endmacro %}

{#- Readers that are told which keys were replaced: `meta.tells`, with the column that they want to know. -#}
{% macro tells() %}{{ return((config.get('meta') or {}).get('tells', {})) }}{% endmacro %}

{#- Partitions of bronze whose keys are due. -#}
{% macro unsettled_partitions() -%}
    select partition_key
    from {{ bookkeeping('seen_partition') }}
    where
        reader = '{{ this.identifier }}'
        and not settled
{%- endmacro %}

{#- Whether all is due: other rules, or a table before this one that was made anew. -#}
{% macro everything_is_due() -%}
    (
        select count(*)
        from {{ bookkeeping('seen_partition') }}
        where
            reader = '{{ this.identifier }}'
            and not settled
            and startswith(partition_key, 'rules ')
    ) > 0
    or (
        select count(*)
        from {{ bookkeeping('due_key') }}
        where
            reader = '{{ this.identifier }}'
            and due_key is null
    ) > 0
{%- endmacro %}

{#- Keys that a table before this one replaced since the last run. -#}
{% macro due_keys() -%}
    select distinct due_key
    from {{ bookkeeping('due_key') }}
    where
        reader = '{{ this.identifier }}'
        and due_key is not null
{%- endmacro %}
