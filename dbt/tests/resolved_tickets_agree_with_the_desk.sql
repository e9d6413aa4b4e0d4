-- Two ways to one state: the events, which have a history, and the desk's own word, which has none.
{{ config(severity='warn') }}

select
    ticket_sk,
    ticket_state,
    resolved_at
from {{ ref('fct_ticket') }}
where
    not is_merged
    and (ticket_state in ('solved', 'closed')) <> (resolved_at is not null)
