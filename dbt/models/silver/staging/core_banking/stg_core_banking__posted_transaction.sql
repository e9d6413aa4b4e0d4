with

source as (

    {{ latest_per_key('core_banking', 'posted_transaction', keys=[as_integer('txn_id')], large=['description']) }}

),

renamed as (

    select

        ---------- ids
        {{ as_integer('txn_id') }} as txn_id,
        account_id,

        ---------- text
        txn_type,
        status as txn_state,
        description,

        ---------- numerics
        {{ as_number('amount') }} as amount,
        currency,

        ---------- timestamps
        {{ as_timestamp('posted_at') }} as posted_at,
        {{ as_timestamp('settled_at') }} as settled_at

    from source

)

select * from renamed
