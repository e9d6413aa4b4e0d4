-- METRIC-CONTRACT-2022-Q3 clauses 2.1 and 1.2
with

party_events as (

    select
        parties.party_id as source_event_id,
        survivors.surviving_party_id as party_id,
        'party_created' as event_type,
        parties.created_at as occurred_at,
        null::varchar as transaction_state
    from {{ ref('stg_core_banking__party') }} as parties
    inner join {{ ref('int_identity__party') }} as survivors on parties.party_id = survivors.party_id

),

account_events as (

    select
        account_id as source_event_id,
        party_id,
        'account_opened' as event_type,
        opened_at as occurred_at,
        null::varchar as transaction_state
    from {{ ref('int_customer__account') }}

    union all

    select
        account_id as source_event_id,
        party_id,
        'account_closed' as event_type,
        closed_at as occurred_at,
        null::varchar as transaction_state
    from {{ ref('int_customer__account') }}
    where closed_at is not null

),

transaction_events as (

    select
        posted_transactions.txn_id::varchar as source_event_id,
        customer_accounts.party_id,
        'txn_' || posted_transactions.txn_type as event_type,
        posted_transactions.posted_at as occurred_at,
        posted_transactions.txn_state as transaction_state
    from {{ ref('stg_core_banking__posted_transaction') }} as posted_transactions
    left join {{ ref('int_customer__account') }} as customer_accounts
        on posted_transactions.account_id = customer_accounts.account_id

),

kyc_events as (

    select
        states.check_id as source_event_id,
        links.party_id,
        'kyc_' || states.kyc_state as event_type,
        states.reached_at as occurred_at,
        null::varchar as transaction_state
    from {{ ref('int_kyc__applicant_state') }} as states
    left join {{ ref('int_identity__link') }} as links
        on
            links.source_system = 'kyc'
            and links.record_type = 'applicant'
            and states.applicant_id = links.record_id
    where states.kyc_state <> 'pending'

),

email_events as (

    select
        happenings.event_id as source_event_id,
        links.party_id,
        'email_' || happenings.email_event_type as event_type,
        happenings.occurred_at,
        null::varchar as transaction_state
    from {{ ref('stg_marketing_automation__email_event') }} as happenings
    left join {{ ref('int_identity__link') }} as links
        on
            links.source_system = 'marketing_automation'
            and links.record_type = 'contact'
            and happenings.contact_id = links.record_id

),

opt_in_changes as (

    select
        contact_id,
        updated_at
    from {{ ref('stg_marketing_automation__subscription_change') }}
    where is_operational_opt_in is not null
    qualify is_operational_opt_in <> lag(is_operational_opt_in) over (partition by contact_id order by updated_at)

),

opt_in_events as (

    select
        opt_in_changes.contact_id || ' ' || {{ as_text('opt_in_changes.updated_at') }} as source_event_id,
        links.party_id,
        'opt_in_changed' as event_type,
        opt_in_changes.updated_at as occurred_at,
        null::varchar as transaction_state
    from opt_in_changes
    left join {{ ref('int_identity__link') }} as links
        on
            links.source_system = 'marketing_automation'
            and links.record_type = 'contact'
            and opt_in_changes.contact_id = links.record_id

),

review_events as (

    select
        reviews.account_id || ' ' || {{ as_text('reviews.reviewed_at') }} as source_event_id,
        customer_accounts.party_id,
        case reviews.decision
            when 'freeze' then 'account_frozen'
            when 'review' then 'account_under_review'
            when 'clear' then 'account_cleared'
        end as event_type,
        reviews.reviewed_at as occurred_at,
        null::varchar as transaction_state
    from {{ ref('stg_drop_account_reviews__review') }} as reviews
    left join {{ ref('int_customer__account') }} as customer_accounts
        on reviews.account_id = customer_accounts.account_id

),

all_events as (

    select * from party_events
    union all
    select * from account_events
    union all
    select * from transaction_events
    union all
    select * from kyc_events
    union all
    select * from email_events
    union all
    select * from opt_in_events
    union all
    select * from review_events

),

contracted_types as (

    {% for event_type, facts in contract().event_types.items() -%}
    select
        '{{ event_type }}' as event_type,
        '{{ facts.source }}' as source_system,
        {{ facts.customer_initiated | lower }} as is_customer_initiated
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    contracted_types.source_system || ' ' || all_events.event_type || ' ' || all_events.source_event_id as event_id,
    all_events.party_id,
    all_events.event_type,
    all_events.occurred_at,
    contracted_types.is_customer_initiated,
    all_events.transaction_state,
    contracted_types.source_system,
    all_events.source_event_id
from all_events
inner join contracted_types on all_events.event_type = contracted_types.event_type
where all_events.occurred_at < {{ as_of() }}
