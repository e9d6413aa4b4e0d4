-- METRIC-CONTRACT-2022-Q3 clause 1.2
{% call linked_parties('contacts', id='contact_id', keys=['party_id', 'phone_and_email']) %}
select
    contact_id,
    party_id,
    {{ phone_and_email('phone', 'email') }} as phone_and_email
from {{ ref('stg_marketing_automation__subscription') }}
{% endcall %}
