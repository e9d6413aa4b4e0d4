-- METRIC-CONTRACT-2022-Q3 clause 7.2
with

deals as (

    select * from {{ ref('int_sales__deal') }}

)

select
    md5(source_system || ' ' || deal_id)::varchar(32) as deal_sk,
    source_system::varchar as source_system,
    deal_id::varchar as deal_id,
    party_id::varchar as party_id,
    product_code::varchar as product_code,
    source_stage::varchar as source_stage,
    stage::varchar as stage,
    stage not in ('won', 'lost') as is_open,
    win_percent::number(3, 0) as win_percent,
    amount::number(18, 2) as amount,
    (amount * win_percent / 100)::number(18, 4) as weighted_amount,
    created_at::timestamp_ntz(6) as created_at,
    closes_on::date as closes_on,
    duplicate_of_deal_id is not null as is_duplicate,
    md5('crm_a ' || duplicate_of_deal_id)::varchar(32) as duplicate_of_deal_sk
from deals
