-- Clause 7.2: of a customer's deals of one amount, crm_b's are left out as far as crm_a has them, and no further.
with

deals as (

    select *
    from {{ ref('fct_deal') }}
    where
        party_id is not null
        and amount is not null

)

select
    party_id,
    amount,
    count_if(source_system = 'crm_a') as in_crm_a,
    count_if(source_system = 'crm_b') as in_crm_b,
    count_if(is_duplicate) as left_out
from deals
group by party_id, amount
having
    count_if(is_duplicate) <> least(count_if(source_system = 'crm_a'), count_if(source_system = 'crm_b'))
    or count_if(is_duplicate and source_system = 'crm_a') > 0
