-- METRIC-CONTRACT-2022-Q3 clause 1.2
{% call linked_parties('applicants', id='applicant_id', keys=['party_id', 'sin_hmac', 'phone_and_email']) %}
select
    applicant_id,
    party_id,
    sin_hmac,
    {{ phone_and_email('phone', 'email') }} as phone_and_email
from {{ ref('stg_kyc__applicant') }}
{% endcall %}
