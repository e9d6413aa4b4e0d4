-- METRIC-CONTRACT-2022-Q3 clauses 6.2 and 1.2
with

touches as (

    select
        touch_id,
        party_id,
        touch_type,
        touched_at,
        campaign_id,
        channel,
        source_system,
        source_touch_id
    from {{ ref('int_marketing__touch') }}

    union all

    -- clause 6.3
    select
        'mobile_app app_session ' || session_sk as touch_id,
        party_id,
        'app_session' as touch_type,
        started_at as touched_at,
        campaign_id,
        'mobile_app' as channel,
        'mobile_app' as source_system,
        session_sk as source_touch_id
    from {{ ref('fct_session') }}
    where
        party_id is not null
        and campaign_id is not null

)

select
    md5(touch_id)::varchar(32) as touch_sk,
    party_id,
    touch_type::varchar as touch_type,
    touched_at::timestamp_ntz(6) as touched_at,
    campaign_id,
    channel::varchar as channel,
    source_system::varchar as source_system,
    source_touch_id
from touches
