with

source as (

    {{ latest_per_key('core_banking', 'party', large=['legal_name', 'email', 'phone']) }}

),

renamed as (

    select

        ---------- ids
        party_id,
        sin as sin_hmac,

        ---------- text
        legal_name,
        email,
        phone,

        ---------- dates and timestamps
        {{ typed('date_of_birth') }} as date_of_birth,
        {{ typed('created_at') }} as created_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
