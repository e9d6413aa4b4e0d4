-- METRIC-CONTRACT-2022-Q3 clause 1.2: by what a record of another source is recognised as a person.
-- Hashed to compare, not to protect: who may read personal columns is for masking policies to say.
with

parties as (

    select
        survivors.surviving_party_id,
        survivors.party_id,
        party.sin_hmac,
        {{ phone_and_email('party.phone', 'party.email') }} as phone_and_email,
        party.created_at,
        coalesce(party.updated_at, party.created_at) as told_at
    from {{ ref('int_identity__party') }} as survivors
    left join {{ ref('stg_core_banking__party') }} as party on survivors.party_id = party.party_id

),

keys as (

    {% for key in contract().clauses['1.2'].parameters.match_on -%}
    select
        '{{ key }}' as key_type,
        {{ key }} as key_value,
        surviving_party_id as party_id,
        {{ 'created_at' if key == 'party_id' else 'told_at' }} as told_at
    from parties
    where {{ key }} is not null
    {% if not loop.last %}
    union all

    {% endif -%}
    {%- endfor %}

)

select
    key_type,
    key_value,
    party_id,
    -- Parties that became one are one person.
    min(told_at) as since
from keys
group by key_type, key_value, party_id
