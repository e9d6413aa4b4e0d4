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
        {{ as_timestamp('created_at') }} as created_at,
        {{ as_timestamp('completed_at') }} as completed_at,
        {{ as_timestamp('updated_at') }} as updated_at

    from source

)

select * from renamed
