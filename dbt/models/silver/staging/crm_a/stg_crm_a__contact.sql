with

source as (

    {{ latest_per_key('crm_a', 'contact') }}

),

renamed as (

    select

        ---------- ids
        id,
        party_number as party_id,

        ---------- text
        first_name,
        last_name,
        email,
        phone,
        lead_source,

        ---------- timestamps
        {{ typed('created_date') }} as created_at,
        {{ typed('system_modstamp') }} as updated_at

    from source

)

select * from renamed
