-- METRIC-CONTRACT-2022-Q3 clauses 7.3 and 5.1
with

tickets as (

    select * from {{ ref('fct_ticket') }}

),

responses as (

    select * from {{ ref('fct_survey_response') }}

),

first_week as (

    select min(week) as first_week
    from (
        select min(created_week) as week from tickets
        union all
        select min(answered_week) as week from responses
    ) as first_weeks

),

weeks as (

    select dateadd(week, week_number.value::int, first_week.first_week)::date as funnel_week
    from
        first_week,
        lateral flatten(
            input => array_generate_range(
                0, (datediff(day, first_week.first_week, {{ monday_of(partition_date()) }}) / 7)::int + 1
            )
        ) as week_number

),

created as (

    select
        created_week as funnel_week,
        count(*) as tickets_created,
        count_if(is_merged) as tickets_merged,
        count_if(first_reply_at is null and not is_merged) as tickets_without_reply,
        count_if(resolved_at is null and not is_merged) as tickets_unresolved,
        median(first_reply_business_minutes::float) as median_first_reply_business_minutes
    from tickets
    group by created_week

),

resolved as (

    select
        resolved_week as funnel_week,
        count(*) as tickets_resolved,
        median(resolution_business_minutes::float) as median_resolution_business_minutes
    from tickets
    where resolved_at is not null
    group by resolved_week

),

answered as (

    select
        answered_week as funnel_week,
        count(*) as responses,
        count_if(kind = 'promoter') as promoters,
        count_if(kind = 'passive') as passives,
        count_if(kind = 'detractor') as detractors
    from responses
    group by answered_week

)

select
    weeks.funnel_week,
    {{ start_of_day('dateadd(week, 1, weeks.funnel_week)') }} <= {{ as_of() }} as is_week_over,
    coalesce(created.tickets_created, 0)::number(18, 0) as tickets_created,
    coalesce(created.tickets_merged, 0)::number(18, 0) as tickets_merged,
    coalesce(created.tickets_without_reply, 0)::number(18, 0) as tickets_without_reply,
    coalesce(created.tickets_unresolved, 0)::number(18, 0) as tickets_unresolved,
    created.median_first_reply_business_minutes::number(18, 2) as median_first_reply_business_minutes,
    coalesce(resolved.tickets_resolved, 0)::number(18, 0) as tickets_resolved,
    resolved.median_resolution_business_minutes::number(18, 2) as median_resolution_business_minutes,
    coalesce(answered.responses, 0)::number(18, 0) as responses,
    coalesce(answered.promoters, 0)::number(18, 0) as promoters,
    coalesce(answered.passives, 0)::number(18, 0) as passives,
    coalesce(answered.detractors, 0)::number(18, 0) as detractors,
    (
        100 * (answered.promoters - answered.detractors)::float
        / nullif(answered.promoters + answered.passives + answered.detractors, 0)
    )::number(5, 2) as nps
from weeks
left join created on weeks.funnel_week = created.funnel_week
left join resolved on weeks.funnel_week = resolved.funnel_week
left join answered on weeks.funnel_week = answered.funnel_week
