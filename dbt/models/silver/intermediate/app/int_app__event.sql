-- METRIC-CONTRACT-2022-Q3 clause 1.2: whose event it is. The app names who is logged in; an event that names nobody is
-- joined to a person by who else was named on the same device.
{% set gap_minutes = contract().clauses['6.3'].parameters.gap_minutes -%}
with

events as (

    select
        events.*,
        links.party_id as user_party_id,
        -- A user whom no party was found for is somebody all the same.
        coalesce(links.party_id, 'user ' || events.user_id) as person
    from {{ ref('stg_mobile_app__event') }} as events
    left join {{ ref('int_identity__link') }} as links
        on
            events.user_id = links.record_id
            and links.source_system = 'mobile_app'
            and links.record_type = 'user'
    where events.happened_at < {{ as_of() }}

),

devices as (

    select
        device_id,
        count(distinct person) as people,
        min(user_party_id) as party_id
    from events
    where user_id is not null
    group by device_id

),

-- A message that arrives while the app is closed is no use of the app.
uses_of_shared_devices as (

    select
        events.event_id,
        events.device_id,
        -- Old versions of the app give no hint: all their uses stand in one line.
        coalesce(events.session_hint, -1) as session_hint,
        events.happened_at,
        events.event_type,
        events.person,
        events.user_party_id
    from events
    inner join devices on events.device_id = devices.device_id
    where
        devices.people > 1
        and events.event_type <> 'push_received'

),

with_previous_use as (

    select
        *,
        lag(happened_at) over (
            partition by device_id, session_hint order by happened_at, event_id
        ) as previously_happened_at
    from uses_of_shared_devices

),

numbered_visits as (

    select
        *,
        count_if(
            event_type = 'session_start'
            or happened_at >= dateadd(minute, {{ gap_minutes }}, previously_happened_at)
        ) over (
            partition by device_id, session_hint
            order by happened_at, event_id
            rows between unbounded preceding and current row
        ) as visit_number
    from with_previous_use

),

visits as (

    select
        device_id,
        session_hint,
        visit_number,
        min(user_party_id) as party_id
    from numbered_visits
    where person is not null
    group by device_id, session_hint, visit_number
    having count(distinct person) = 1

),

visitors as (

    select
        numbered_visits.event_id,
        visits.party_id
    from numbered_visits
    inner join visits
        on
            numbered_visits.device_id = visits.device_id
            and numbered_visits.session_hint = visits.session_hint
            and numbered_visits.visit_number = visits.visit_number
    where numbered_visits.person is null

),

joined_to_a_person as (

    select
        events.*,
        case
            when events.user_id is not null then events.user_party_id
            when devices.people = 1 then devices.party_id
            else visitors.party_id
        end as joined_party_id,
        case when events.user_id is null and devices.people = 1 then 'device' else 'login' end as joined_by
    from events
    left join devices on events.device_id = devices.device_id
    left join visitors on events.event_id = visitors.event_id

)

select
    event_id,
    device_id,
    user_id,
    joined_party_id as party_id,
    case when joined_party_id is not null then joined_by end as linked_by,
    coalesce(joined_party_id, device_id) as subject,
    happened_at,
    event_type,
    screen,
    campaign_id
from joined_to_a_person
