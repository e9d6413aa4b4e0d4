-- METRIC-CONTRACT-2022-Q3 clause 6.1: what the ad-spend drop reports, and nothing else.
select
    channel,
    campaign as campaign_id,
    date as spent_on,
    currency,
    impressions,
    clicks,
    spend
from {{ ref('stg_drop_ad_spend__ad_spend') }}
where date <= {{ partition_date() }}
