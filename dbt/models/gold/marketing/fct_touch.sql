-- METRIC-CONTRACT-2022-Q3 clauses 6.2 and 1.2
select
    md5(touch_id)::varchar(32) as touch_sk,
    party_id,
    touch_type::varchar as touch_type,
    touched_at::timestamp_ntz(6) as touched_at,
    campaign_id,
    channel::varchar as channel,
    source_system::varchar as source_system,
    source_touch_id
from {{ ref('int_marketing__touch') }}
