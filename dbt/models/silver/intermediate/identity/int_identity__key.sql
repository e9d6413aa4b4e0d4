-- METRIC-CONTRACT-2022-Q3 clause 1.2: by what a record of another source is recognised as a person.
-- Hashed to compare, not to protect: who may read personal columns is for masking policies to say.
with

parties as (

    select
        party.party_id,
        party.sin_hmac,
        {{ phone_and_email('party.phone', 'party.email') }} as phone_and_email,
        survivors.surviving_party_id
    from {{ ref('stg_core_banking__party') }} as party
    inner join {{ ref('int_identity__party') }} as survivors on party.party_id = survivors.party_id

),

keys as (

    select
        'party_id' as key_type,
        party_id as key_value,
        surviving_party_id as party_id
    from {{ ref('int_identity__party') }}

    union all

    select
        'sin_hmac' as key_type,
        sin_hmac as key_value,
        surviving_party_id as party_id
    from parties
    where sin_hmac is not null

    union all

    select
        'phone_and_email' as key_type,
        phone_and_email as key_value,
        surviving_party_id as party_id
    from parties
    where phone_and_email is not null

)

select
    key_type,
    key_value,
    -- One value may point at several people: then it identifies nobody.
    count(distinct party_id) as parties,
    case when count(distinct party_id) = 1 then min(party_id) end as party_id
from keys
group by key_type, key_value
