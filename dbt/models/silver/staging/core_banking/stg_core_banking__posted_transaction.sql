with

source as (

    {{ latest_per_key('core_banking', 'posted_transaction', large=['description']) }}

),

renamed as (

    select

        ---------- ids
        {{ typed('txn_id') }} as txn_id,
        account_id,

        ---------- text
        txn_type,
        status as txn_state,
        description,

        ---------- numerics
        {{ typed('amount') }} as amount,
        currency,

        ---------- timestamps
        {{ typed('posted_at') }} as posted_at,
        {{ typed('settled_at') }} as settled_at

    from source

)

select * from renamed
