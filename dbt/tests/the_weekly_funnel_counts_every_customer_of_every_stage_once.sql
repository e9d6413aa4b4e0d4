-- Clause 5.1: the weeks of a stage together are the customers who have reached it, and nobody moved on who had not.
with

in_the_funnel as (

    select
        stage,
        sum(customers) as customers,
        count_if(customers_moved_on > customers or conversion < 0 or conversion > 1) as impossible_weeks
    from {{ ref('mart_weekly_funnel') }}
    group by stage

),

who_reached_it as (

    select
        stage,
        count(distinct party_id) as customers
    from {{ ref('fct_customer_stage') }}
    group by stage

)

select
    coalesce(in_the_funnel.stage, who_reached_it.stage) as stage,
    in_the_funnel.customers as customers_in_the_funnel,
    who_reached_it.customers as customers_who_reached_it,
    in_the_funnel.impossible_weeks
from in_the_funnel
full outer join who_reached_it on in_the_funnel.stage = who_reached_it.stage
where
    coalesce(in_the_funnel.customers, 0) <> coalesce(who_reached_it.customers, 0)
    or in_the_funnel.impossible_weeks > 0
