-- Clause 6.1 divides by the customers of clause 4.1: week by week those of the funnel. Where there are none, by nobody.
select
    acquisition.funnel_week,
    acquisition.customers_onboarded,
    funnel.customers
from {{ ref('mart_customer_acquisition') }} as acquisition
left join {{ ref('mart_weekly_funnel') }} as funnel
    on
        acquisition.funnel_week = funnel.funnel_week
        and funnel.stage = 'onboarded'
where
    acquisition.customers_onboarded <> coalesce(funnel.customers, 0)
    or (acquisition.customers_onboarded = 0) <> (acquisition.cost_per_acquisition is null)
