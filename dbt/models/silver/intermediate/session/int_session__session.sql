-- METRIC-CONTRACT-2022-Q3 clauses 6.3 and 7.1
{% set main_page = contract().clauses['7.1'].parameters.page -%}
with

session_events as (

    select
        cut_events.session_id,
        events.*
    from {{ ref('int_session__event') }} as cut_events
    inner join {{ ref('int_app__event') }} as events on cut_events.event_id = events.event_id

)

select
    session_id,
    subject,
    min(party_id) as party_id,
    max(case when event_id = session_id then device_id end) as device_id,
    min(happened_at) as started_at,
    max(happened_at) as ended_at,
    count(*) as event_count,
    count_if(screen = '{{ main_page }}') > 0 as saw_main_page,
    -- It began from a link where its first event did.
    max(case when event_id = session_id then campaign_id end) as campaign_id
from session_events
group by session_id, subject
