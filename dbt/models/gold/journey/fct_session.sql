-- METRIC-CONTRACT-2022-Q3 clauses 6.3, 1.2, 7.1 and 6.2
select
    md5(session_id)::varchar(32) as session_sk,
    party_id,
    md5(device_id)::varchar(32) as device_sk,
    {{ business_day('started_at') }} as session_date,
    started_at::timestamp_ntz(6) as started_at,
    ended_at::timestamp_ntz(6) as ended_at,
    event_count::integer as event_count,
    saw_main_page,
    campaign_id
from {{ ref('int_session__session') }}
