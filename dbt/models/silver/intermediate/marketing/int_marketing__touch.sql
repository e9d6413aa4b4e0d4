-- METRIC-CONTRACT-2022-Q3 clauses 6.2 and 1.2: touches that a source tells of. Sessions of the app are touches besides.
with

links as (

    select
        source_system,
        record_type,
        record_id,
        party_id
    from {{ ref('int_identity__link') }}
    where party_id is not null

),

email_clicks as (

    select
        'marketing_automation' as source_system,
        'email_click' as touch_type,
        'email' as channel,
        clicks.event_id as source_touch_id,
        contacts.party_id,
        clicks.occurred_at as touched_at,
        clicks.campaign_id
    from {{ ref('stg_marketing_automation__email_event') }} as clicks
    inner join links as contacts
        on
            contacts.source_system = 'marketing_automation'
            and contacts.record_type = 'contact'
            and clicks.contact_id = contacts.record_id
    where clicks.email_event_type = 'click'

),

campaign_memberships as (

    select
        'crm_a' as source_system,
        'campaign_membership' as touch_type,
        'sales_team' as channel,
        members.id as source_touch_id,
        contacts.party_id,
        -- The membership is the touch, not the answer to it, of which only the day is known.
        members.created_at as touched_at,
        members.campaign_id
    from {{ ref('stg_crm_a__campaign_member') }} as members
    inner join links as contacts
        on
            contacts.source_system = 'crm_a'
            and contacts.record_type = 'contact'
            and members.contact_id = contacts.record_id

),

branch_referrals as (

    select
        'drop_branch_referrals' as source_system,
        'branch_referral' as touch_type,
        'branch' as channel,
        referrals.referral_id as source_touch_id,
        persons.party_id,
        -- One clock for all branches, whose zone the file does not tell: the bank's.
        {{ from_local_time('referrals.referred_local_time') }} as touched_at,
        null::varchar as campaign_id
    from {{ ref('stg_drop_branch_referrals__referral') }} as referrals
    inner join links as persons
        on
            persons.source_system = 'drop_branch_referrals'
            and persons.record_type = 'referral'
            and referrals.referral_id = persons.record_id

),

touches as (

    select * from email_clicks
    union all
    select * from campaign_memberships
    union all
    select * from branch_referrals

)

select
    source_system || ' ' || touch_type || ' ' || source_touch_id as touch_id,
    party_id,
    touch_type,
    channel,
    touched_at,
    campaign_id,
    source_system,
    source_touch_id
from touches
where touched_at < {{ as_of() }}
