-- METRIC-CONTRACT-2022-Q3 clause 3.1 (c). Before the first state that a contact stated, nothing is known.
with

states as (

    select
        links.party_id,
        answers.updated_at as valid_from,
        answers.is_operational_opt_in
    from {{ ref('stg_marketing_automation__subscription_change') }} as answers
    inner join {{ ref('int_identity__link') }} as links
        on
            links.source_system = 'marketing_automation'
            and links.record_type = 'contact'
            and answers.contact_id = links.record_id
    where
        links.party_id is not null
        and answers.is_operational_opt_in is not null
        and answers.updated_at < {{ as_of() }}
    -- Two contacts of one customer that differ at the same instant: a refusal is respected.
    qualify row_number() over (
        partition by links.party_id, answers.updated_at order by answers.is_operational_opt_in
    ) = 1

),

turning_points as (

    select *
    from states
    qualify
        is_operational_opt_in
        is distinct from lag(is_operational_opt_in) over (partition by party_id order by valid_from)

)

select
    party_id,
    valid_from,
    lead(valid_from) over (partition by party_id order by valid_from) as valid_to,
    is_operational_opt_in as opt_in_operational
from turning_points
