with

source as (

    {{ latest_per_key('crm_b', 'contact') }}

),

renamed as (

    select

        ---------- ids
        id,
        upper(customer_number) as party_id,

        ---------- text
        firstname as first_name,
        lastname as last_name,
        email,
        phone,
        lifecyclestage as lifecycle_stage,

        ---------- timestamps
        {{ typed('createdate') }} as created_at,
        {{ typed('lastmodifieddate') }} as updated_at

    from source

)

select * from renamed
