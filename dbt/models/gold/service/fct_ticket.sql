-- METRIC-CONTRACT-2022-Q3 clause 7.3
with

tickets as (

    select * from {{ ref('int_service__ticket') }}

),

events as (

    select * from {{ ref('int_service__ticket_event') }}

),

first_replies as (

    select
        ticket_id,
        min(happened_at) as replied_at
    from events
    where is_reply
    group by ticket_id

),

-- Closing a ticket files away what was solved: the state that counts is the last one before.
last_states as (

    select
        ticket_id,
        ticket_state,
        happened_at
    from events
    where ticket_state <> 'closed'
    qualify row_number() over (partition by ticket_id order by happened_at desc nulls last, event_id desc) = 1

),

final as (

    select
        tickets.*,
        first_replies.replied_at as first_reply_at,
        case when last_states.ticket_state = 'solved' then last_states.happened_at end as resolved_at
    from tickets
    left join first_replies on tickets.ticket_id = first_replies.ticket_id
    left join last_states on tickets.ticket_id = last_states.ticket_id

)

select
    md5('support ' || ticket_id::varchar)::varchar(32) as ticket_sk,
    ticket_id::varchar as ticket_id,
    party_id::varchar as party_id,
    channel::varchar as channel,
    priority::varchar as priority,
    ticket_state::varchar as ticket_state,
    is_merged,
    created_at::timestamp_ntz(6) as created_at,
    {{ monday_of(business_day('created_at')) }}::date as created_week,
    first_reply_at::timestamp_ntz(6) as first_reply_at,
    {{ business_minutes('created_at', 'first_reply_at') | indent(4) }} as first_reply_business_minutes,
    resolved_at::timestamp_ntz(6) as resolved_at,
    {{ monday_of(business_day('resolved_at')) }}::date as resolved_week,
    {{ business_minutes('created_at', 'resolved_at') | indent(4) }} as resolution_business_minutes
from final
