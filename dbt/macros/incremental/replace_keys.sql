{#-
    Incremental strategy `replace_keys`: a run works some keys out anew and puts what it found in the place of what was
    there, all in one transaction. A key that no longer has any row loses those it had.

    unique_key:              the column whose values are replaced, with all their rows.
    incremental_predicates:  which rows of the result are rows. A key without any has one row that is none, so that what
                             was there is deleted.

    meta.tells:              models that have to follow, each with the value that it wants to be told of every row that goes
                             or comes (bookkeeping.sql).

    Working a key out twice gives the same rows, so a run that was killed is simply run again.
-#}
{% macro get_incremental_replace_keys_sql(arguments) %}
    {%- set target, result = arguments['target_relation'], arguments['temp_relation'] -%}
    {%- set columns = get_quoted_csv(arguments['dest_columns'] | map(attribute='name')) -%}
    begin;
    {%- for reader, value in tells().items() %}

    insert into {{ bookkeeping('due_key') }}
    select distinct
        '{{ reader }}',
        told.value,
        false
    from (
        select {{ value }} as value
        from {{ target }}
        where {{ arguments['unique_key'] }} in (select {{ arguments['unique_key'] }} from {{ result }})
        union all
        select {{ value }} as value
        from {{ result }}
    ) as told
    where told.value is not null;
    {%- endfor %}

    delete from {{ target }}
    where {{ arguments['unique_key'] }} in (select {{ arguments['unique_key'] }} from {{ result }});

    insert into {{ target }} ({{ columns }})
    select {{ columns }}
    from {{ result }}
    where {{ arguments['incremental_predicates'] | join(' and ') }};

    commit;
{% endmacro %}
