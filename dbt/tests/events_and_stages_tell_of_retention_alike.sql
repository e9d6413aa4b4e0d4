-- Clause 4.4 is judged in two facts: nobody has events as a retained customer from before they first were one.
with

retained as (

    select
        party_id,
        reached_at
    from {{ ref('fct_customer_stage') }}
    where stage = 'retained'

)

select
    events.party_id,
    min(events.occurred_at) as retained_in_events_since,
    min(retained.reached_at) as retained_in_stages_since
from {{ ref('fct_journey_event') }} as events
left join retained on events.party_id = retained.party_id
where events.stage = 'retained'
group by events.party_id
having not coalesce(min(retained.reached_at) < min(events.occurred_at), false)
