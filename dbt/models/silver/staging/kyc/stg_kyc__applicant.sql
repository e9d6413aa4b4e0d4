with

source as (

    {{ latest_per_key('kyc', 'applicant') }}

),

renamed as (

    select

        ---------- ids
        applicant_id,
        party_id,
        sin as sin_hmac,

        ---------- text
        first_name,
        last_name,
        email,
        phone,
        state as applicant_state,

        ---------- timestamps
        {{ typed('created_at') }} as created_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
