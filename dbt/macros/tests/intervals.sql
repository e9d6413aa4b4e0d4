{#- At any instant a key has at most one row: intervals are half-open, not empty, and do not overlap. -#}
{% test intervals_do_not_overlap(model, key) %}
    with

    with_next as (

        select
            *,
            lead(valid_from) over (partition by {{ key }} order by valid_from) as next_valid_from
        from {{ model }}

    )

    select
        {{ key }},
        valid_from,
        valid_to,
        next_valid_from
    from with_next
    where
        valid_from is null
        or valid_to <= valid_from
        or valid_to > next_valid_from
        or (valid_to is null and next_valid_from is not null)
{% endtest %}

{#- From a key's first interval on, each begins where the one before it ends, and the last is open. -#}
{% test intervals_leave_no_gap(model, key) %}
    with

    with_next as (

        select
            *,
            lead(valid_from) over (partition by {{ key }} order by valid_from) as next_valid_from
        from {{ model }}

    )

    select
        {{ key }},
        valid_from,
        valid_to,
        next_valid_from
    from with_next
    where valid_to is distinct from next_valid_from
{% endtest %}

{#- Each key has exactly one open interval, and is_current marks it. -#}
{% test one_current_row(model, key) %}
    select {{ key }}
    from {{ model }}
    group by {{ key }}
    having
        count_if(valid_to is null) <> 1
        or count_if(is_current) <> 1
        or count_if(is_current <> (valid_to is null)) > 0
{% endtest %}
