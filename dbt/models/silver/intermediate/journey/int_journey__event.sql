-- METRIC-CONTRACT-2022-Q3 clauses 2.1 and 1.2
-- Of the many, a run looks at those that staging replaced, that became another's, or whose moment has come.
{{ config(
    materialized='incremental',
    incremental_strategy='replace_keys',
    unique_key='record_key',
    incremental_predicates=['event_id is not null'],
    on_schema_change='sync_all_columns',
    pre_hook="{{ note_arrivals(rules=tojson(contract().event_types)) }}",
    post_hook="{{ settle_arrivals() }}",
    meta={'tells': {'int_customer__activity_interval': 'party_id'}}
) }}
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

contracted_types as (

    {{ contracted_event_types() | indent(4) }}

),

few_events as (

    select
        contracted_types.source_system || ' ' || told.event_type || ' ' || told.source_event_id as record_key,
        null::varchar as owner_key,
        told.*
    from (
        select * from party_events
        union all
        select * from account_events
        union all
        select * from kyc_events
        union all
        select * from opt_in_events
        union all
        select * from review_events
    ) as told
    inner join contracted_types on told.event_type = contracted_types.event_type
    where told.occurred_at < {{ as_of() }}

),

owners as (

    select
        'account ' || account_id as owner_key,
        party_id
    from {{ ref('int_customer__account') }}

    union all

    select
        'contact ' || record_id as owner_key,
        party_id
    from {{ ref('int_identity__link') }}
    where
        source_system = 'marketing_automation'
        and record_type = 'contact'

),

{% if is_incremental() %}
known_events as (

    select * from {{ this }}

),

due_records as (

    select due_key as record_key
    from ({{ due_keys() | indent(4) }}) as told_by_staging

    union

    select known_events.record_key
    from known_events
    left join owners on known_events.owner_key = owners.owner_key
    where
        known_events.owner_key is not null
        and known_events.party_id is distinct from owners.party_id

    union

    select record_key
    from known_events
    where
        occurred_at >= {{ as_of() }}
        or ({{ everything_is_due() | indent(8) }})

    union

    select 'transaction ' || txn_id as record_key
    from {{ ref('stg_core_banking__posted_transaction') }} as movements
    where
        (
            posted_at < {{ as_of() }}
            and posted_at >= (select coalesce(max(occurred_at), '1970-01-01') from known_events)
        )
        or ({{ everything_is_due() | indent(8) }})

    union

    select 'email_event ' || event_id as record_key
    from {{ ref('stg_marketing_automation__email_event') }} as emails
    where
        (
            occurred_at < {{ as_of() }}
            and occurred_at >= (select coalesce(max(known_events.occurred_at), '1970-01-01') from known_events)
        )
        or ({{ everything_is_due() | indent(8) }})

    union

    select coalesce(few_events.record_key, known_few.record_key) as record_key
    from few_events
    full outer join (select * from known_events where owner_key is null) as known_few
        on few_events.record_key = known_few.record_key
    where
        few_events.record_key is null
        or known_few.record_key is null
        or few_events.party_id is distinct from known_few.party_id
        or few_events.occurred_at is distinct from known_few.occurred_at

),

due_transactions as (

    select try_to_number(substr(record_key, length('transaction ') + 1), 38, 0) as txn_id
    from due_records
    where startswith(record_key, 'transaction ')

),

due_emails as (

    select substr(record_key, length('email_event ') + 1) as event_id
    from due_records
    where startswith(record_key, 'email_event ')

),

{% endif %}
many_events as (

    select
        'transaction ' || movements.txn_id as record_key,
        'account ' || coalesce(movements.account_id, '') as owner_key,
        movements.txn_id::varchar as source_event_id,
        'txn_' || movements.txn_type as event_type,
        movements.posted_at as occurred_at,
        movements.txn_state as transaction_state
    from {{ ref('stg_core_banking__posted_transaction') }} as movements
    {%- if is_incremental() %}
    inner join due_transactions on movements.txn_id = due_transactions.txn_id
    {%- endif %}

    union all

    select
        'email_event ' || emails.event_id as record_key,
        'contact ' || coalesce(emails.contact_id, '') as owner_key,
        emails.event_id as source_event_id,
        'email_' || emails.email_event_type as event_type,
        emails.occurred_at,
        null::varchar as transaction_state
    from {{ ref('stg_marketing_automation__email_event') }} as emails
    {%- if is_incremental() %}
    inner join due_emails on emails.event_id = due_emails.event_id
    {%- endif %}

),

all_events as (

    select * from few_events

    union all

    select
        many_events.record_key,
        many_events.owner_key,
        many_events.source_event_id,
        owners.party_id,
        many_events.event_type,
        many_events.occurred_at,
        many_events.transaction_state
    from many_events
    left join owners on many_events.owner_key = owners.owner_key

),

events as (

    select
        contracted_types.source_system || ' ' || all_events.event_type || ' ' || all_events.source_event_id as event_id,
        all_events.party_id,
        all_events.event_type,
        all_events.occurred_at,
        contracted_types.is_customer_initiated,
        all_events.transaction_state,
        contracted_types.source_system,
        all_events.source_event_id,
        all_events.record_key,
        all_events.owner_key
    from all_events
    inner join contracted_types on all_events.event_type = contracted_types.event_type
    where all_events.occurred_at < {{ as_of() }}

)

{% if is_incremental() %}
select
    due_records.record_key,
    events.* exclude (record_key)
from due_records
left join events on due_records.record_key = events.record_key
{% else %}
select * from events
{% endif %}
