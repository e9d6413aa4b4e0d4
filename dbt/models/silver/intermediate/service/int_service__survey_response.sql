-- METRIC-CONTRACT-2022-Q3 clauses 7.3 and 1.2: the answers to surveys, and whose they are.
{% set thresholds = contract().clauses['7.3'].parameters -%}
with

responses as (

    select * from {{ ref('stg_nps__response') }}

),

links as (

    select
        record_id,
        party_id
    from {{ ref('int_identity__link') }}
    where
        source_system = 'nps'
        and record_type = 'response'

)

select
    responses.id as response_id,
    links.party_id,
    responses.score,
    case
        when responses.score >= {{ thresholds.promoter_from }} then 'promoter'
        when responses.score <= {{ thresholds.detractor_to }} then 'detractor'
        when responses.score is not null then 'passive'
    end as kind,
    responses.touchpoint,
    responses.created_at as answered_at
from responses
left join links on responses.id = links.record_id
