-- Two ways to one state: the checks, which have a history, and the vendor's own word, which has none.
{{ config(severity='warn') }}

with

latest_states as (

    select *
    from {{ ref('int_kyc__applicant_state') }}
    qualify row_number() over (partition by applicant_id order by reached_at desc nulls last) = 1

)

select
    applicants.applicant_id,
    applicants.applicant_state,
    latest_states.kyc_state
from {{ ref('stg_kyc__applicant') }} as applicants
left join latest_states on applicants.applicant_id = latest_states.applicant_id
where
    -- The vendor calls pending what is under consideration.
    coalesce(replace(latest_states.kyc_state, 'under_consideration', 'pending'), 'pending')
    <> applicants.applicant_state
