with

source as (

    {{ latest_per_key('kyc', 'verification') }}

),

renamed as (

    select

        ---------- ids
        check_id,
        applicant_id,

        ---------- text
        check_type,
        status as check_state,
        result as check_result,

        ---------- timestamps
        {{ typed('created_at') }} as created_at,
        {{ typed('completed_at') }} as completed_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
