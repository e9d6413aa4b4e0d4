with

source as (

    {{ latest_per_key('kyc', 'pending_handoff') }}

),

renamed as (

    select

        ---------- ids
        applicant_id,
        sin as sin_hmac,

        ---------- text
        email,
        phone,

        ---------- timestamps
        {{ typed('verified_at') }} as verified_at,
        {{ typed('handed_off_at') }} as handed_off_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
