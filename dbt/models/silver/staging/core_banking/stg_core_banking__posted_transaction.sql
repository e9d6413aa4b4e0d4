{{ config(
    materialized='incremental',
    incremental_strategy='replace_keys',
    unique_key='txn_id',
    incremental_predicates=['bronze_position is not null'],
    on_schema_change='sync_all_columns',
    pre_hook="{{ note_arrivals('core_banking', 'posted_transaction', rules_of('core_banking', 'posted_transaction')) }}",
    post_hook="{{ settle_arrivals() }}",
    meta={'tells': {'int_journey__event': "'transaction ' || txn_id"}}
) }}
{% set only = 'due_keys' if is_incremental() else none -%}
with

{% if is_incremental() %}
due_keys as (

    {{ arrived_keys('core_banking', 'posted_transaction') }}

),

{% endif %}
source as (

    {{ latest_per_key('core_banking', 'posted_transaction', large=['description'], only=only) }}

),

renamed as (

    select

        ---------- ids
        {{ typed('txn_id') }} as txn_id,
        account_id,

        ---------- text
        txn_type,
        status as txn_state,
        description,

        ---------- numerics
        {{ typed('amount') }} as amount,
        currency,

        ---------- timestamps
        {{ typed('posted_at') }} as posted_at,
        {{ typed('settled_at') }} as settled_at,

        ---------- where it stood
        _position as bronze_position

    from source

)

{% if is_incremental() %}
select
    due_keys.due_key as txn_id,
    renamed.* exclude (txn_id)
from due_keys
left join renamed on due_keys.due_key = renamed.txn_id
{% else %}
select * from renamed
{% endif %}
