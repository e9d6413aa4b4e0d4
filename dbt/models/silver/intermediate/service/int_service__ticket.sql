-- METRIC-CONTRACT-2022-Q3 clauses 7.3 and 1.2: the tickets, and whose they are.
with

tickets as (

    select * from {{ ref('stg_support__ticket') }}

),

links as (

    select
        record_id,
        party_id
    from {{ ref('int_identity__link') }}
    where
        source_system = 'support'
        and record_type = 'ticket'

)

select
    tickets.id as ticket_id,
    links.party_id,
    tickets.requester_id,
    tickets.channel,
    tickets.priority,
    tickets.ticket_state,
    coalesce(array_contains('closed_by_merge'::variant, tickets.tags), false) as is_merged,
    tickets.created_at
from tickets
left join links on tickets.id::varchar = links.record_id
