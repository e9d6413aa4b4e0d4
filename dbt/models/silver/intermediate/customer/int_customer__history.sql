-- METRIC-CONTRACT-2022-Q3 clause 3.2. Only customers whose facts changed since the last run are cut into intervals.
-- What the facts are is looked up, not concluded from what arrived: a late, corrected, deleted or merged record shows
-- in the intervals that it speaks of. This file's own text is a fact too: with other rules, everybody is cut again.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_keys',
    unique_key='party_id',
    incremental_predicates=['valid_from is not null'],
    on_schema_change='sync_all_columns'
) }}
{% set tracked = {
    'products': ['primary_product_code', 'primary_product_opened_at'],
    'kyc': ['kyc_state', 'kyc_verified_at'],
    'aml_bands': ['aml_band'],
    'opt_ins': ['opt_in_operational'],
    'account_statuses': ['account_status'],
    'activity': ['events_hash'],
} -%}
with

accounts as (

    select
        party_id,
        min(opened_at) as customer_since
    from {{ ref('int_customer__account') }}
    group by party_id

),

products as (

    select * from {{ ref('int_customer__primary_product_interval') }}

),

kyc as (

    select * from {{ ref('int_customer__kyc_interval') }}

),

aml_bands as (

    select * from {{ ref('int_customer__aml_band_interval') }}

),

opt_ins as (

    select * from {{ ref('int_customer__opt_in_interval') }}

),

account_statuses as (

    select * from {{ ref('int_customer__account_status_interval') }}

),

activity as (

    select * from {{ ref('int_customer__activity_interval') }}

),

hashed_facts as (

    select
        party_id,
        hash('customers', customer_since) as fact
    from accounts
    {%- for attribute, columns in tracked.items() %}
    union all
    select
        party_id,
        hash('{{ attribute }}', valid_from, valid_to, {{ columns | join(', ') }}) as fact
    from {{ attribute }}
    {%- endfor %}

),

fingerprints as (

    select
        party_id,
        hash('{{ local_md5(model.raw_code) }}', hash_agg(fact)) as fingerprint
    from hashed_facts
    group by party_id

),

customers as (

    select
        accounts.party_id,
        accounts.customer_since,
        fingerprints.fingerprint
    from accounts
    inner join fingerprints on accounts.party_id = fingerprints.party_id

),
{% if is_incremental() %}

known_customers as (

    select
        party_id,
        case when min(fingerprint) = max(fingerprint) then min(fingerprint) end as fingerprint
    from {{ this }}
    group by party_id

),

due_customers as (

    select
        coalesce(customers.party_id, known_customers.party_id) as party_id,
        customers.customer_since,
        customers.fingerprint
    from customers
    full outer join known_customers on customers.party_id = known_customers.party_id
    where customers.fingerprint is distinct from known_customers.fingerprint

),
{% else %}

due_customers as (

    select * from customers

),
{% endif %}
all_change_instants as (

    select
        party_id,
        customer_since as changed_at
    from customers
    {%- for attribute in tracked %}
    union all
    select
        party_id,
        valid_from as changed_at
    from {{ attribute }}
    union all
    select
        party_id,
        valid_to as changed_at
    from {{ attribute }}
    {%- endfor %}

),

change_instants as (

    select distinct
        all_change_instants.party_id,
        all_change_instants.changed_at
    from all_change_instants
    where all_change_instants.party_id in (select due_customers.party_id from due_customers)

),

states as (

    select
        change_instants.party_id,
        change_instants.changed_at as valid_from,
        lead(change_instants.changed_at) over (
            partition by change_instants.party_id order by change_instants.changed_at
        ) as valid_to,
        lead(change_instants.changed_at, 1, {{ as_of() }}) over (
            partition by change_instants.party_id order by change_instants.changed_at
        ) as known_until,
        products.primary_product_code,
        products.primary_product_opened_at,
        coalesce(kyc.kyc_state, 'not_started') as kyc_state,
        kyc.kyc_verified_at,
        aml_bands.aml_band,
        coalesce(opt_ins.opt_in_operational, false) as opt_in_operational,
        coalesce(account_statuses.account_status, 'active') as account_status,
        activity.party_id is not null as has_recent_activity,
        due_customers.fingerprint
    from change_instants
    inner join due_customers
        on
            change_instants.party_id = due_customers.party_id
            and change_instants.changed_at >= due_customers.customer_since
    {%- for attribute in tracked %}
    left join {{ attribute }}
        on
            change_instants.party_id = {{ attribute }}.party_id
            and change_instants.changed_at >= {{ attribute }}.valid_from
            and (change_instants.changed_at < {{ attribute }}.valid_to or {{ attribute }}.valid_to is null)
    {%- endfor %}

),

initiated_events as (

    select distinct
        events.party_id,
        events.occurred_at
    from {{ ref('int_journey__event') }} as events
    inner join due_customers on events.party_id = due_customers.party_id
    where events.is_customer_initiated

),

periods as (

    select
        states.* exclude (known_until, fingerprint),
        initiated_events.occurred_at as last_customer_event_at,
        states.fingerprint
    from states
    asof join initiated_events
        match_condition(states.known_until > initiated_events.occurred_at)
        on states.party_id = initiated_events.party_id

)

select
    due_customers.party_id,
    periods.* exclude (party_id)
from due_customers
left join periods on due_customers.party_id = periods.party_id
