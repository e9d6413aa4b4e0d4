-- METRIC-CONTRACT-2022-Q3 clause 6.1: the latest ad-spend record of each channel, campaign and day.
select
    md5(channel || ' ' || campaign_id || ' ' || to_varchar(spent_on, 'YYYY-MM-DD'))::varchar(32) as ad_spend_sk,
    spent_on,
    {{ monday_of('spent_on') }}::date as funnel_week,
    channel::varchar as channel,
    campaign_id::varchar as campaign_id,
    currency::varchar as currency,
    impressions::number(38, 0) as impressions,
    clicks::number(38, 0) as clicks,
    spend::number(18, 2) as spend
from {{ ref('int_marketing__ad_spend') }}
