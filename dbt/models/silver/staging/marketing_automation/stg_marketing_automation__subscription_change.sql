-- The service gives only the present state of a contact. Bronze keeps every state that was read: this is their history.
with

source as (

    {{ latest_per_key('marketing_automation', 'subscription', keys=['contact_id', as_timestamp('updated_at')]) }}

),

renamed as (

    select

        ---------- ids
        contact_id,

        ---------- booleans
        {{ as_boolean('operational_opt_in') }} as is_operational_opt_in,
        {{ as_boolean('marketing_opt_in') }} as is_marketing_opt_in,

        ---------- timestamps
        {{ as_timestamp('updated_at') }} as updated_at

    from source

)

select * from renamed
