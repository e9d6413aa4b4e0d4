-- METRIC-CONTRACT-2022-Q3 clause 6.1. Amounts of two currencies cannot be added: each has its rows.
with

spend_per_week as (

    select
        funnel_week,
        currency,
        sum(spend) as spend,
        count(*) as spend_records
    from {{ ref('fct_ad_spend') }}
    group by funnel_week, currency

),

known_weeks as (

    select funnel_week from {{ ref('dim_date') }}
    union all
    select funnel_week from spend_per_week

),

weeks as (

    select distinct funnel_week from known_weeks

),

currencies as (

    select distinct currency from spend_per_week

),

onboarded_per_week as (

    select
        funnel_week,
        count(*) as customers_onboarded
    from {{ ref('fct_customer_stage') }}
    where stage = 'onboarded'
    group by funnel_week

),

weeks_by_currency as (

    select
        weeks.funnel_week,
        currencies.currency,
        coalesce(spend_per_week.spend, 0) as spend,
        coalesce(spend_per_week.spend_records, 0) as spend_records,
        coalesce(onboarded_per_week.customers_onboarded, 0) as customers_onboarded
    from weeks
    left join currencies on true
    left join spend_per_week
        on
            weeks.funnel_week = spend_per_week.funnel_week
            and currencies.currency is not distinct from spend_per_week.currency
    left join onboarded_per_week on weeks.funnel_week = onboarded_per_week.funnel_week

)

select
    md5(to_varchar(funnel_week, 'YYYY-MM-DD') || ' ' || coalesce(currency, ''))::varchar(32) as acquisition_sk,
    funnel_week,
    currency::varchar as currency,
    spend::number(18, 2) as spend,
    spend_records::number(38, 0) as spend_records,
    customers_onboarded::number(38, 0) as customers_onboarded,
    (spend::number(18, 6) / nullif(customers_onboarded, 0))::number(18, 2) as cost_per_acquisition,
    {{ week_is_over('funnel_week') }} as is_complete
from weeks_by_currency
