-- Clause 6.1: spend is what the ad-spend drop reports, all of it and nothing else.
with

in_the_mart as (

    select
        currency,
        sum(spend) as spend
    from {{ ref('mart_customer_acquisition') }}
    group by currency

),

reported as (

    select
        currency,
        sum(spend) as spend
    from {{ ref('fct_ad_spend') }}
    group by currency

)

select
    coalesce(in_the_mart.currency, reported.currency) as currency,
    in_the_mart.spend as spend_in_the_mart,
    reported.spend as spend_reported
from in_the_mart
full outer join reported on in_the_mart.currency is not distinct from reported.currency
where coalesce(in_the_mart.spend, 0) <> coalesce(reported.spend, 0)
