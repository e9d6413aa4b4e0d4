with

source as (

    {{ latest_per_key('marketing_automation', 'subscription') }}

),

renamed as (

    select

        ---------- ids
        contact_id,
        external_id as party_id,

        ---------- text
        email,
        phone,

        ---------- booleans
        {{ typed('operational_opt_in') }} as is_operational_opt_in,
        {{ typed('marketing_opt_in') }} as is_marketing_opt_in,

        ---------- timestamps
        {{ typed('created_at') }} as created_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
