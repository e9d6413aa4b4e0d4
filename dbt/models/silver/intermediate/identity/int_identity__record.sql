-- METRIC-CONTRACT-2022-Q3 clause 1.2: what a record of another source says of the person it speaks of.
-- Phone and e-mail leave this model as one hash.
{% set told = ['party_id', 'email', 'phone'] -%}
with

app_user_tellings as (

    select
        user_id,
        party_id,
        email,
        phone,
        min(happened_at) as first_told_at,
        max(happened_at) as last_told_at
    from {{ ref('stg_mobile_app__event') }}
    where user_id is not null
    group by user_id, party_id, email, phone

),

app_user_ids as (

    select
        user_id,
        min(first_told_at) as first_seen_at
    from app_user_tellings
    group by user_id

),

{% for column in told -%}
latest_{{ column }}s as (

    select
        user_id,
        {{ column }},
        min(first_told_at) as told_since
    from app_user_tellings
    where {{ column }} is not null
    group by user_id, {{ column }}
    qualify row_number() over (
        partition by user_id order by max(last_told_at) desc nulls last, {{ column }}
    ) = 1

),

{% endfor -%}
app_users as (

    select
        app_user_ids.user_id,
        latest_party_ids.party_id,
        latest_emails.email,
        latest_phones.phone,
        -- From then on all that is told now was told.
        greatest(
            app_user_ids.first_seen_at,
            {% for column in told -%}
            coalesce(latest_{{ column }}s.told_since, app_user_ids.first_seen_at){{ ',' if not loop.last }}
            {% endfor -%}
        ) as seen_at
    from app_user_ids
    left join latest_party_ids on app_user_ids.user_id = latest_party_ids.user_id
    left join latest_emails on app_user_ids.user_id = latest_emails.user_id
    left join latest_phones on app_user_ids.user_id = latest_phones.user_id

),

records as (

    select
        'kyc' as source_system,
        'applicant' as record_type,
        applicant_id as record_id,
        party_id as party_id_key,
        sin_hmac,
        phone,
        email,
        coalesce(updated_at, created_at) as seen_at
    from {{ ref('stg_kyc__applicant') }}

    union all

    select
        'kyc' as source_system,
        'pending_handoff' as record_type,
        applicant_id as record_id,
        null as party_id_key,
        sin_hmac,
        phone,
        email,
        coalesce(updated_at, verified_at) as seen_at
    from {{ ref('stg_kyc__pending_handoff') }}

    union all

    select
        'marketing_automation' as source_system,
        'contact' as record_type,
        contact_id as record_id,
        party_id as party_id_key,
        null as sin_hmac,
        phone,
        email,
        coalesce(updated_at, created_at) as seen_at
    from {{ ref('stg_marketing_automation__subscription') }}

    union all

    select
        'crm_a' as source_system,
        'contact' as record_type,
        id as record_id,
        party_id as party_id_key,
        null as sin_hmac,
        phone,
        email,
        coalesce(updated_at, created_at) as seen_at
    from {{ ref('stg_crm_a__contact') }}

    union all

    select
        'crm_b' as source_system,
        'contact' as record_type,
        id as record_id,
        party_id as party_id_key,
        null as sin_hmac,
        phone,
        email,
        coalesce(updated_at, created_at) as seen_at
    from {{ ref('stg_crm_b__contact') }}

    union all

    select
        'support' as source_system,
        'ticket' as record_type,
        id::varchar as record_id,
        party_id as party_id_key,
        null as sin_hmac,
        phone,
        email,
        coalesce(updated_at, created_at) as seen_at
    from {{ ref('stg_support__ticket') }}

    union all

    select
        'nps' as source_system,
        'response' as record_type,
        id as record_id,
        null as party_id_key,
        null as sin_hmac,
        phone,
        email,
        coalesce(updated_at, created_at) as seen_at
    from {{ ref('stg_nps__response') }}

    union all

    select
        'drop_branch_referrals' as source_system,
        'referral' as record_type,
        referral_id as record_id,
        null as party_id_key,
        null as sin_hmac,
        phone,
        email,
        -- The file tells no zone: a branch's clock is taken to show the bank's time.
        convert_timezone('{{ contract().timezone }}', 'UTC', referred_local_time) as seen_at
    from {{ ref('stg_drop_branch_referrals__referral') }}

    union all

    select
        'mobile_app' as source_system,
        'user' as record_type,
        user_id as record_id,
        party_id as party_id_key,
        null as sin_hmac,
        phone,
        email,
        seen_at
    from app_users

)

select
    source_system::varchar as source_system,
    record_type::varchar as record_type,
    record_id::varchar as record_id,
    party_id_key::varchar as party_id_key,
    sin_hmac::varchar as sin_hmac,
    {{ phone_and_email('phone', 'email') }} as phone_and_email,
    seen_at::timestamp_ntz(6) as seen_at
from records
