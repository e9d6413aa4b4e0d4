-- METRIC-CONTRACT-2022-Q3 clauses 7.2 and 1.2: deals of both CRMs by one list of stages, and which are in both.
{% set pipeline = contract().clauses['7.2'].parameters -%}
with

deals as (

    select
        'crm_a' as source_system,
        id as deal_id,
        contact_id,
        product_code,
        opportunity_stage as source_stage,
        amount,
        created_at,
        closes_on
    from {{ ref('stg_crm_a__opportunity') }}

    union all

    select
        'crm_b' as source_system,
        id as deal_id,
        contact_id,
        null as product_code,
        deal_stage as source_stage,
        amount,
        created_at,
        {{ business_day('closes_at') }} as closes_on
    from {{ ref('stg_crm_b__deal') }}

),

listed_stages as (

    {% for source_system in ['crm_a', 'crm_b'] -%}
    {%- set last_system = loop.last -%}
    {%- for source_stage, stage in pipeline[source_system].items() -%}
    select
        '{{ source_system }}' as source_system,
        '{{ source_stage }}' as source_stage,
        '{{ stage }}' as stage,
        {{ pipeline.percent[stage] }} as win_percent
    {{ 'union all' if not (last_system and loop.last) }}
    {% endfor -%}
    {%- endfor %}

),

contacts as (

    select
        source_system,
        record_id as contact_id,
        party_id
    from {{ ref('int_identity__link') }}
    where record_type = 'contact'

),

mapped_deals as (

    select
        deals.*,
        contacts.party_id,
        listed_stages.stage,
        listed_stages.win_percent
    from deals
    left join listed_stages
        on
            deals.source_system = listed_stages.source_system
            and deals.source_stage = listed_stages.source_stage
    left join contacts
        on
            deals.source_system = contacts.source_system
            and deals.contact_id = contacts.contact_id

),

-- Of several deals of one party and amount, the first here is the first there: no deal stands for two.
numbered_deals as (

    select
        *,
        row_number() over (
            partition by source_system, party_id, amount order by created_at nulls last, deal_id
        ) as turn
    from mapped_deals

)

select
    numbered_deals.source_system,
    numbered_deals.deal_id,
    numbered_deals.party_id,
    numbered_deals.product_code,
    numbered_deals.source_stage,
    numbered_deals.stage,
    numbered_deals.win_percent,
    numbered_deals.amount,
    numbered_deals.created_at,
    numbered_deals.closes_on,
    kept_in_crm_a.deal_id as duplicate_of_deal_id
from numbered_deals
left join numbered_deals as kept_in_crm_a
    on
        numbered_deals.source_system = 'crm_b'
        and kept_in_crm_a.source_system = 'crm_a'
        and numbered_deals.party_id = kept_in_crm_a.party_id
        and numbered_deals.amount = kept_in_crm_a.amount
        and numbered_deals.turn = kept_in_crm_a.turn
