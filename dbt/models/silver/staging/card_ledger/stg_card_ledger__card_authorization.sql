with

source as (

    {{ latest_per_key('card_ledger', 'card_authorization', large=['merchant_name']) }}

),

renamed as (

    select

        ---------- ids
        {{ typed('auth_id') }} as auth_id,
        card_id,

        ---------- text
        status as authorization_state,
        decline_reason,
        currency,
        merchant_name,
        merchant_category_code,
        entry_mode,
        wallet,

        ---------- numbers
        {{ typed('amount') }} as amount,

        ---------- timestamps
        {{ typed('terminal_time') }} as terminal_local_time,
        {{ typed('authorized_at') }} as authorized_at,
        {{ typed('reversed_at') }} as reversed_at

    from source

)

select * from renamed
