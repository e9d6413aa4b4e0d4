{{ config(
    materialized='incremental',
    incremental_strategy='replace_keys',
    unique_key='event_id',
    incremental_predicates=['bronze_position is not null'],
    on_schema_change='sync_all_columns',
    pre_hook="{{ note_arrivals('marketing_automation', 'email_event', rules_of('marketing_automation', 'email_event')) }}",
    post_hook="{{ settle_arrivals() }}",
    meta={'tells': {'int_journey__event': "'email_event ' || event_id"}}
) }}
{% set only = 'due_keys' if is_incremental() else none -%}
with

{% if is_incremental() %}
due_keys as (

    {{ arrived_keys('marketing_automation', 'email_event') }}

),

{% endif %}
source as (

    {{ latest_per_key('marketing_automation', 'email_event', only=only) }}

),

renamed as (

    select

        ---------- ids
        event_id,
        contact_id,
        campaign_id,

        ---------- text
        event_type as email_event_type,

        ---------- timestamps
        {{ typed('occurred_at') }} as occurred_at,
        {{ typed('recorded_at') }} as recorded_at,

        ---------- where it stood
        _position as bronze_position

    from source

)

{% if is_incremental() %}
select
    due_keys.due_key as event_id,
    renamed.* exclude (event_id)
from due_keys
left join renamed on due_keys.due_key = renamed.event_id
{% else %}
select * from renamed
{% endif %}
