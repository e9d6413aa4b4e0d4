-- METRIC-CONTRACT-2022-Q3 clauses 1.1, 3.1 and 3.2. is_active is decided here and nowhere else.
with

-- clause 3.1
judged as (

    select
        *,
        (
            primary_product_code is not null
            and has_recent_activity
            and opt_in_operational
            and account_status = 'active'
        ) as is_active
    from {{ ref('int_customer__history') }}

),

hashed as (

    select
        *,
        hash(
            primary_product_code,
            primary_product_opened_at,
            kyc_state,
            kyc_verified_at,
            aml_band,
            opt_in_operational,
            account_status,
            is_active
        ) as state_hash
    from judged

),

compared as (

    select
        *,
        lag(last_customer_event_at) over (partition by party_id order by valid_from) as last_event_before,
        -- Events only become more recent: of all the customer's intervals, the last one has the latest.
        max(last_customer_event_at) over (partition by party_id) as latest_event_at
    from hashed
    -- Activity that comes or goes while another condition forbids it anyway changes no state.
    qualify state_hash is distinct from lag(state_hash) over (partition by party_id order by valid_from)

),

periods as (

    select
        *,
        lead(valid_from) over (partition by party_id order by valid_from) as valid_until,
        lead(last_event_before, 1, latest_event_at) over (
            partition by party_id order by valid_from
        ) as last_event_at
    from compared

)

select
    md5(party_id || ' ' || {{ as_text('valid_from') }})::varchar(32) as customer_sk,
    party_id,
    valid_from::timestamp_ntz(6) as valid_from,
    valid_until::timestamp_ntz(6) as valid_to,
    valid_until is null as is_current,
    primary_product_code,
    primary_product_opened_at::timestamp_ntz(6) as primary_product_opened_at,
    kyc_state,
    kyc_verified_at::timestamp_ntz(6) as kyc_verified_at,
    aml_band,
    opt_in_operational,
    account_status,
    last_event_at::timestamp_ntz(6) as last_customer_event_at,
    is_active
from periods
