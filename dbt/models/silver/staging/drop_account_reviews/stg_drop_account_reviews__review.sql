with

source as (

    {{ latest_per_key('drop_account_reviews', 'review', keys=['account_id', as_timestamp('reviewed_at')]) }}

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
        {{ as_timestamp('reviewed_at') }} as reviewed_at

    from source

)

select * from renamed
