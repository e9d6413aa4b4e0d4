with

source as (

    {{ latest_per_key('drop_account_reviews', 'review') }}

),

renamed as (

    select

        ---------- ids
        account_id,

        ---------- text
        decision,
        reviewer,
        reason,

        ---------- timestamps
        {{ typed('reviewed_at') }} as reviewed_at

    from source

)

select * from renamed
