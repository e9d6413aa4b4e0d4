-- METRIC-CONTRACT-2022-Q3 clauses 4.1, 4.2 and 4.3. Retention (4.4) is judged on dim_customer, where activity is.
{% set clauses = contract().clauses -%}
with

onboarded as (

    select
        products.party_id,
        min(greatest(products.valid_from, kyc.valid_from)) as onboarded_at
    from {{ ref('int_customer__primary_product_interval') }} as products
    inner join {{ ref('int_customer__kyc_interval') }} as kyc
        on
            products.party_id = kyc.party_id
            and (products.valid_to is null or kyc.valid_from < products.valid_to)
            and (kyc.valid_to is null or products.valid_from < kyc.valid_to)
    where kyc.kyc_state = '{{ clauses["4.1"].parameters.kyc_state }}'
    group by products.party_id

),

initiated_events as (

    select
        party_id,
        occurred_at,
        transaction_state
    from {{ ref('int_journey__event') }}
    where
        is_customer_initiated
        and party_id is not null

),

activated as (

    select
        onboarded.party_id,
        min(initiated_events.occurred_at) as activated_at
    from onboarded
    inner join initiated_events
        on
            onboarded.party_id = initiated_events.party_id
            and onboarded.onboarded_at < initiated_events.occurred_at
    where initiated_events.transaction_state = '{{ clauses["4.2"].parameters.transaction_status }}'
    group by onboarded.party_id

),

active_days as (

    select
        activated.party_id,
        {{ business_day('initiated_events.occurred_at') }} as active_on,
        min(initiated_events.occurred_at) as first_event_at
    from activated
    inner join initiated_events
        on
            activated.party_id = initiated_events.party_id
            and activated.activated_at < initiated_events.occurred_at
    group by activated.party_id, active_on

),

engaged as (

    select
        party_id,
        min(first_event_at) as engaged_at
    from (
        select
            *,
            lag(active_on, {{ clauses["4.3"].parameters.days - 1 }}) over (
                partition by party_id order by active_on
            ) as window_opened_on
        from active_days
    ) as with_earlier_days
    where datediff(day, window_opened_on, active_on) < {{ clauses["4.3"].parameters.window_days }}
    group by party_id

)

select
    onboarded.party_id,
    onboarded.onboarded_at,
    activated.activated_at,
    engaged.engaged_at
from onboarded
left join activated on onboarded.party_id = activated.party_id
left join engaged on onboarded.party_id = engaged.party_id
