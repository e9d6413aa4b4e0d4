-- METRIC-CONTRACT-2022-Q3 clauses 3.1 (b) and 3.2: an event counts for 720 hours, their end included.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_keys',
    unique_key='party_id',
    incremental_predicates=['valid_from is not null'],
    on_schema_change='sync_all_columns',
    pre_hook="{{ note_arrivals(rules=tojson(contract().clauses['3.1'])) }}",
    post_hook="{{ settle_arrivals() }}"
) }}
with

{% if is_incremental() %}
-- whose events were replaced, and whose interval ends by a later moment
due_parties as (

    select due_key as party_id
    from ({{ due_keys() | indent(4) }}) as told_by_events

    union

    select party_id
    from {{ this }}
    where
        valid_to is distinct from {{ if_before_as_of('counts_until') }}
        or ({{ everything_is_due() | indent(8) }})

    union

    select party_id
    from {{ ref('int_journey__event') }}
    where
        party_id is not null
        and ({{ everything_is_due() | indent(8) }})

),

{% endif %}
events as (

    select
        party_id,
        occurred_at
    from {{ ref('int_journey__event') }}
    where
        is_customer_initiated
        and party_id is not null

),

initiated_events as (

    select distinct
        events.party_id,
        events.occurred_at,
        dateadd(
            microsecond, 1, dateadd(hour, {{ contract().clauses['3.1'].parameters.window_hours }}, events.occurred_at)
        )::timestamp_ntz(6) as counts_until
    from events
    {%- if is_incremental() %}
    inner join due_parties on events.party_id = due_parties.party_id
    {%- endif %}

),

window_starts as (

    select
        *,
        case
            when occurred_at <= lag(counts_until) over (partition by party_id order by occurred_at) then 0
            else 1
        end as starts_window
    from initiated_events

),

numbered as (

    select
        *,
        sum(starts_window) over (
            partition by party_id order by occurred_at rows between unbounded preceding and current row
        ) as window_number
    from window_starts

),

windows as (

    select
        party_id,
        min(occurred_at) as valid_from,
        max(counts_until) as counts_until,
        hash_agg(occurred_at) as events_hash
    from numbered
    group by party_id, window_number

),

intervals as (

    select
        party_id,
        valid_from,
        {{ if_before_as_of('counts_until') }} as valid_to,
        counts_until,
        events_hash
    from windows

)

{% if is_incremental() %}
select
    due_parties.party_id,
    intervals.* exclude (party_id)
from due_parties
left join intervals on due_parties.party_id = intervals.party_id
{% else %}
select * from intervals
{% endif %}
