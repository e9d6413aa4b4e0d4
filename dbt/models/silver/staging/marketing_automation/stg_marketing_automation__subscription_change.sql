-- The service gives only the present state of a contact. Bronze keeps every state that was read: this is their history.
with

source as (

    {{ latest_per_key(
        'marketing_automation', 'subscription', keys=['contact_id', typed('updated_at', 'subscription')]
    ) }}

),

renamed as (

    select

        ---------- ids
        contact_id,

        ---------- booleans
        {{ typed('operational_opt_in', 'subscription') }} as is_operational_opt_in,
        {{ typed('marketing_opt_in', 'subscription') }} as is_marketing_opt_in,

        ---------- timestamps
        {{ typed('updated_at', 'subscription') }} as updated_at

    from source

)

select * from renamed
