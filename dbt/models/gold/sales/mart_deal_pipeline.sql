-- METRIC-CONTRACT-2022-Q3 clause 7.2: the open deals as of the end of the business day, those kept in both CRMs once.
{% set pipeline = contract().clauses['7.2'].parameters -%}
with

open_deals as (

    select *
    from {{ ref('fct_deal') }}
    where is_open

),

open_stages as (

    {% for stage, percent in pipeline.percent.items() if stage not in ['won', 'lost'] -%}
    select
        '{{ stage }}' as stage,
        {{ percent }} as win_percent
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

crms as (

    select 'crm_a' as source_system
    union all
    select 'crm_b' as source_system

),

deals_per_stage as (

    select
        source_system,
        stage,
        count_if(not is_duplicate) as open_deals,
        count_if(not is_duplicate and amount is null) as deals_without_amount,
        count_if(is_duplicate) as duplicate_deals,
        sum(case when not is_duplicate then amount end) as amount,
        sum(case when not is_duplicate then weighted_amount end) as weighted_amount
    from open_deals
    group by source_system, stage

)

select
    {{ partition_date() }} as as_of_date,
    open_stages.stage::varchar as stage,
    crms.source_system::varchar as source_system,
    open_stages.win_percent::number(3, 0) as win_percent,
    coalesce(deals_per_stage.open_deals, 0)::number(18, 0) as open_deals,
    coalesce(deals_per_stage.deals_without_amount, 0)::number(18, 0) as deals_without_amount,
    coalesce(deals_per_stage.duplicate_deals, 0)::number(18, 0) as duplicate_deals,
    coalesce(deals_per_stage.amount, 0)::number(18, 2) as amount,
    coalesce(deals_per_stage.weighted_amount, 0)::number(18, 4) as weighted_amount
from open_stages
cross join crms
left join deals_per_stage
    on
        open_stages.stage = deals_per_stage.stage
        and crms.source_system = deals_per_stage.source_system
