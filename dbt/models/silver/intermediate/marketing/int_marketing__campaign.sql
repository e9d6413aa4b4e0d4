-- All systems name a campaign by its identifier in marketing automation. Some name one that marketing does not tell of.
with

campaigns as (

    select * from {{ ref('stg_marketing_automation__campaign') }}

),

mentions as (

    select campaign_id from campaigns
    union all
    select campaign_id from {{ ref('stg_marketing_automation__email_event') }}
    union all
    select campaign_id from {{ ref('stg_crm_a__campaign_member') }}
    union all
    select campaign as campaign_id from {{ ref('stg_drop_ad_spend__ad_spend') }}
    union all
    select campaign_id from {{ ref('int_app__event') }}

),

named_campaigns as (

    select distinct campaign_id
    from mentions
    where campaign_id is not null

)

select
    named_campaigns.campaign_id,
    campaigns.campaign_name,
    campaigns.channel,
    campaigns.started_on,
    campaigns.campaign_id is not null as is_in_marketing_automation
from named_campaigns
left join campaigns on named_campaigns.campaign_id = campaigns.campaign_id
