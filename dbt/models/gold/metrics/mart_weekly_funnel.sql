-- METRIC-CONTRACT-2022-Q3 clause 5.1
{% set stages = contract().clauses['5.1'].parameters.stages -%}
with

stages_reached as (

    select * from {{ ref('fct_customer_stage') }}

),

listed_stages as (

    {% for stage in stages -%}
    select
        '{{ stage }}' as stage,
        {{ loop.index }} as stage_number,
        {{ "null::varchar" if loop.last else "'" ~ stages[loop.index] ~ "'" }} as next_stage
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

weeks as (

    select distinct funnel_week
    from {{ ref('dim_date') }}

),

cohorts as (

    select
        stages_reached.funnel_week,
        stages_reached.stage,
        count(*) as customers,
        count(next_reached.party_id) as customers_moved_on
    from stages_reached
    inner join listed_stages on stages_reached.stage = listed_stages.stage
    left join stages_reached as next_reached
        on
            stages_reached.party_id = next_reached.party_id
            and listed_stages.next_stage = next_reached.stage
    group by stages_reached.funnel_week, stages_reached.stage

)

select
    weeks.funnel_week,
    listed_stages.stage::varchar as stage,
    listed_stages.stage_number::number(2, 0) as stage_number,
    coalesce(cohorts.customers, 0)::number(38, 0) as customers,
    case
        when listed_stages.next_stage is not null then coalesce(cohorts.customers_moved_on, 0)
    end::number(38, 0) as customers_moved_on,
    case
        when listed_stages.next_stage is not null
            then cohorts.customers_moved_on::number(18, 6) / cohorts.customers
    end::number(9, 6) as conversion,
    {{ week_is_over('weeks.funnel_week') }} as is_complete
from weeks
cross join listed_stages
left join cohorts
    on
        weeks.funnel_week = cohorts.funnel_week
        and listed_stages.stage = cohorts.stage
