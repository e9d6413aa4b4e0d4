-- Clause 6.3 the other way round: no session is too long, and one begins only after a gap or where the one before it
-- had lasted as long as it may.
{% set clause = contract().clauses['6.3'].parameters -%}
with

with_session_before as (

    select
        session_sk,
        started_at,
        ended_at,
        lag(started_at) over (
            partition by coalesce(party_id, device_sk) order by started_at
        ) as previously_started_at,
        lag(ended_at) over (partition by coalesce(party_id, device_sk) order by started_at) as previously_ended_at
    from {{ ref('fct_session') }}

)

select
    session_sk,
    started_at,
    ended_at
from with_session_before
where
    ended_at < started_at
    or ended_at >= dateadd(hour, {{ clause.longest_hours }}, started_at)
    or (
        started_at < dateadd(minute, {{ clause.gap_minutes }}, previously_ended_at)
        and started_at < dateadd(hour, {{ clause.longest_hours }}, previously_started_at)
    )
