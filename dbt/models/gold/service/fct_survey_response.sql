-- METRIC-CONTRACT-2022-Q3 clause 7.3
with

responses as (

    select * from {{ ref('int_service__survey_response') }}

)

select
    md5('nps ' || response_id)::varchar(32) as response_sk,
    response_id::varchar as response_id,
    party_id::varchar as party_id,
    touchpoint::varchar as touchpoint,
    score::number(2, 0) as score,
    kind::varchar as kind,
    answered_at::timestamp_ntz(6) as answered_at,
    {{ monday_of(business_day('answered_at')) }}::date as answered_week
from responses
