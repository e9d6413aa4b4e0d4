-- Clause 6.2: the shares of a customer sum to 100 %, not nearly so, and each onboarded customer is shared out.
with

shared_out as (

    select
        party_id,
        sum(customer_share) as whole_customer,
        min(customer_share) as smallest_share
    from {{ ref('mart_marketing_attribution') }}
    group by party_id

),

onboarded as (

    select party_id
    from {{ ref('fct_customer_stage') }}
    where stage = 'onboarded'

)

select
    coalesce(shared_out.party_id, onboarded.party_id) as party_id,
    shared_out.whole_customer
from onboarded
full outer join shared_out on onboarded.party_id = shared_out.party_id
where
    onboarded.party_id is null
    or shared_out.party_id is null
    or shared_out.whole_customer <> 1
    or shared_out.smallest_share <= 0
