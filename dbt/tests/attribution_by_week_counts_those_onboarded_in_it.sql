-- Clauses 6.2 and 5.1: over all channels and campaigns, the shares of a week are its onboarded customers.
with

shared_out as (

    select
        funnel_week,
        sum(customer_share) as customers
    from {{ ref('mart_marketing_attribution') }}
    group by funnel_week

)

select
    funnel.funnel_week,
    funnel.customers,
    shared_out.customers as customers_shared_out
from {{ ref('mart_weekly_funnel') }} as funnel
left join shared_out on funnel.funnel_week = shared_out.funnel_week
where
    funnel.stage = 'onboarded'
    and funnel.customers <> coalesce(shared_out.customers, 0)
