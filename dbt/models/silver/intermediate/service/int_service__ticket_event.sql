-- METRIC-CONTRACT-2022-Q3 clause 7.3: what each event of a ticket was to whoever waits for an answer.
with

tickets as (

    select * from {{ ref('int_service__ticket') }}

),

events as (

    select * from {{ ref('stg_support__ticket_event') }}

),

child_events as (

    select
        events.id as event_id,
        child.value:event_type::varchar as child_type,
        child.value:status::varchar as ticket_state,
        try_to_boolean(child.value:comment_public::varchar) as is_public
    from
        events,
        lateral flatten(input => events.child_events) as child

),

done_by_event as (

    select
        event_id,
        boolor_agg(child_type = 'Create') as creates_ticket,
        boolor_agg(child_type = 'Comment' and is_public) as has_public_comment,
        max(ticket_state) as ticket_state
    from child_events
    group by event_id

)

select
    events.id as event_id,
    events.ticket_id,
    events.created_at as happened_at,
    coalesce(
        done_by_event.has_public_comment
        and not done_by_event.creates_ticket
        and events.updater_id is not null
        and (tickets.requester_id is null or events.updater_id <> tickets.requester_id)
        -- The note that a ticket was merged into another answers nobody.
        and not (tickets.is_merged and done_by_event.ticket_state = 'closed'),
        false
    ) as is_reply,
    done_by_event.ticket_state
from events
inner join tickets on events.ticket_id = tickets.ticket_id
left join done_by_event on events.id = done_by_event.event_id
