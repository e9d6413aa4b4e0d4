with

source as (

    {{ latest_per_key('card_ledger', 'card') }}

),

renamed as (

    select

        ---------- ids
        card_id,
        account_id,
        party_id,

        ---------- text
        network,
        card_type,
        status as card_state,

        ---------- numbers
        {{ typed('credit_limit') }} as credit_limit,

        ---------- dates and timestamps
        {{ typed('expires_on') }} as expires_on,
        {{ typed('issued_at') }} as issued_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
