-- METRIC-CONTRACT-2022-Q3 clauses 1.1, 3.1 and 3.2. is_active is decided here and nowhere else.
with

customers as (

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

opt_ins as (

    select * from {{ ref('int_customer__opt_in_interval') }}

),

account_statuses as (

    select * from {{ ref('int_customer__account_status_interval') }}

),

activity as (

    select * from {{ ref('int_customer__activity_interval') }}

),

all_change_instants as (

    select
        party_id,
        customer_since as changed_at
    from customers
    {%- for attribute in ['products', 'kyc', 'opt_ins', 'account_statuses', 'activity'] %}
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
        party_id,
        changed_at
    from all_change_instants

),

states as (

    select
        change_instants.party_id,
        change_instants.changed_at,
        products.primary_product_code,
        products.primary_product_opened_at,
        coalesce(kyc.kyc_state, 'not_started') as kyc_state,
        kyc.kyc_verified_at,
        coalesce(opt_ins.opt_in_operational, false) as opt_in_operational,
        coalesce(account_statuses.account_status, 'active') as account_status,
        activity.party_id is not null as has_recent_activity
    from change_instants
    inner join customers
        on
            change_instants.party_id = customers.party_id
            and change_instants.changed_at >= customers.customer_since
    {%- for attribute in ['products', 'kyc', 'opt_ins', 'account_statuses', 'activity'] %}
    left join {{ attribute }}
        on
            change_instants.party_id = {{ attribute }}.party_id
            and change_instants.changed_at >= {{ attribute }}.valid_from
            and (change_instants.changed_at < {{ attribute }}.valid_to or {{ attribute }}.valid_to is null)
    {%- endfor %}

),

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
    from states

),

hashed as (

    select
        *,
        hash(
            primary_product_code,
            primary_product_opened_at,
            kyc_state,
            kyc_verified_at,
            opt_in_operational,
            account_status,
            is_active
        ) as state_hash
    from judged

),

turning_points as (

    select *
    from hashed
    qualify state_hash is distinct from lag(state_hash) over (partition by party_id order by changed_at)

),

periods as (

    select
        *,
        changed_at as valid_from,
        lead(changed_at) over (partition by party_id order by changed_at) as valid_to,
        lead(changed_at, 1, {{ as_of() }}) over (partition by party_id order by changed_at) as known_until
    from turning_points

),

initiated_events as (

    select distinct
        party_id,
        occurred_at
    from {{ ref('int_journey__event') }}
    where is_customer_initiated

)

select
    md5(periods.party_id || ' ' || {{ as_text('periods.valid_from') }})::varchar(32) as customer_sk,
    periods.party_id,
    periods.valid_from::timestamp_ntz(6) as valid_from,
    periods.valid_to::timestamp_ntz(6) as valid_to,
    periods.valid_to is null as is_current,
    periods.primary_product_code,
    periods.primary_product_opened_at::timestamp_ntz(6) as primary_product_opened_at,
    periods.kyc_state,
    periods.kyc_verified_at::timestamp_ntz(6) as kyc_verified_at,
    periods.opt_in_operational,
    periods.account_status,
    initiated_events.occurred_at::timestamp_ntz(6) as last_customer_event_at,
    periods.is_active
from periods
asof join initiated_events
    match_condition(periods.known_until > initiated_events.occurred_at)
    on periods.party_id = initiated_events.party_id
