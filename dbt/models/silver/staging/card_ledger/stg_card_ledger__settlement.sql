with

source as (

    {{ latest_per_key('card_ledger', 'settlement') }}

),

renamed as (

    select

        ---------- ids
        {{ typed('settlement_id') }} as settlement_id,
        {{ typed('auth_id') }} as auth_id,
        batch_id,

        ---------- text
        settlement_type,
        currency,

        ---------- numbers
        {{ typed('amount') }} as amount,

        ---------- timestamps
        {{ typed('settled_at') }} as settled_at

    from source

)

select * from renamed
