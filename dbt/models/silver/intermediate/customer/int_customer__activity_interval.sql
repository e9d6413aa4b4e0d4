-- METRIC-CONTRACT-2022-Q3 clauses 3.1 (b) and 3.2: an event counts for 720 hours, their end included.
with

initiated_events as (

    select distinct
        party_id,
        occurred_at,
        dateadd(
            microsecond, 1, dateadd(hour, {{ contract().clauses['3.1'].parameters.window_hours }}, occurred_at)
        )::timestamp_ntz(6) as counts_until
    from {{ ref('int_journey__event') }}
    where
        is_customer_initiated
        and party_id is not null

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
        max(counts_until) as valid_to,
        hash_agg(occurred_at) as events_hash
    from numbered
    group by party_id, window_number

)

select
    party_id,
    valid_from,
    {{ if_before_as_of('valid_to') }} as valid_to,
    events_hash
from windows
