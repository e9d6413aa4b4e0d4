-- METRIC-CONTRACT-2022-Q3 clauses 2.1, 1.2 and 4.1 to 4.4
with

events as (

    select
        *,
        {{ start_of_day(funnel_week('occurred_at')) }} as week_began_at
    from {{ ref('int_journey__event') }}
    where party_id is not null

),

stages as (

    select
        *,
        {{ retention_judged_from('activated_at') }} as retention_judged_from
    from {{ ref('int_customer__stage') }}

),

judged_weeks as (

    select distinct
        events.party_id,
        events.week_began_at
    from events
    inner join stages
        on
            events.party_id = stages.party_id
            and events.week_began_at >= stages.retention_judged_from

),

retained_weeks as (

    select
        judged_weeks.party_id,
        judged_weeks.week_began_at
    from judged_weeks
    inner join {{ ref('dim_customer') }} as customers
        on
            judged_weeks.party_id = customers.party_id
            and {{ holds_just_before('judged_weeks.week_began_at', 'customers') | indent(12) }}
    where customers.is_active

)

select
    md5(events.event_id)::varchar(32) as event_sk,
    events.event_id,
    events.party_id,
    events.event_type,
    events.occurred_at::timestamp_ntz(6) as occurred_at,
    events.is_customer_initiated,
    case
        when retained_weeks.party_id is not null then 'retained'
        when events.occurred_at >= stages.engaged_at then 'engaged'
        when events.occurred_at >= stages.activated_at then 'activated'
        when events.occurred_at >= stages.onboarded_at then 'onboarded'
    end as stage,
    events.source_system,
    events.source_event_id,
    '{{ contract().version }}'::varchar as contract_version
from events
left join stages on events.party_id = stages.party_id
left join retained_weeks
    on
        events.party_id = retained_weeks.party_id
        and events.week_began_at = retained_weeks.week_began_at
