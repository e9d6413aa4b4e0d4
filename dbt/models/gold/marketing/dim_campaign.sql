-- METRIC-CONTRACT-2022-Q3 clauses 6.1 and 6.2: what spend and touches belong to.
select
    campaign_id::varchar as campaign_id,
    campaign_name::varchar as campaign_name,
    channel::varchar as channel,
    started_on,
    is_in_marketing_automation
from {{ ref('int_marketing__campaign') }}
