-- Clause 7.2: each open deal is in the pipeline once, or listed as a duplicate.
with

in_the_mart as (

    select
        sum(open_deals) as open_deals,
        sum(duplicate_deals) as duplicate_deals,
        sum(amount) as amount,
        sum(weighted_amount) as weighted_amount
    from {{ ref('mart_deal_pipeline') }}

),

in_the_fact as (

    select
        count_if(not is_duplicate) as open_deals,
        count_if(is_duplicate) as duplicate_deals,
        coalesce(sum(case when not is_duplicate then amount end), 0) as amount,
        coalesce(sum(case when not is_duplicate then weighted_amount end), 0) as weighted_amount
    from {{ ref('fct_deal') }}
    where is_open

)

select in_the_mart.*
from in_the_mart
cross join in_the_fact
where
    in_the_mart.open_deals <> in_the_fact.open_deals
    or in_the_mart.duplicate_deals <> in_the_fact.duplicate_deals
    or in_the_mart.amount <> in_the_fact.amount
    or in_the_mart.weighted_amount <> in_the_fact.weighted_amount
