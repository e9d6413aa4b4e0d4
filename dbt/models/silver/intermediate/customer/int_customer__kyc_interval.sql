-- METRIC-CONTRACT-2022-Q3 clause 4.1. A customer who applied more than once stands where the latest change left them.
with

states as (

    select
        links.party_id,
        applicant_states.reached_at as valid_from,
        applicant_states.kyc_state
    from {{ ref('int_kyc__applicant_state') }} as applicant_states
    inner join {{ ref('int_identity__link') }} as links
        on
            links.source_system = 'kyc'
            and links.record_type = 'applicant'
            and applicant_states.applicant_id = links.record_id
    where links.party_id is not null
    qualify row_number() over (
        partition by links.party_id, applicant_states.reached_at order by links.record_id desc
    ) = 1

),

turning_points as (

    select *
    from states
    qualify kyc_state is distinct from lag(kyc_state) over (partition by party_id order by valid_from)

)

select
    party_id,
    valid_from,
    lead(valid_from) over (partition by party_id order by valid_from) as valid_to,
    kyc_state,
    case when kyc_state = 'verified' then valid_from end as kyc_verified_at
from turning_points
