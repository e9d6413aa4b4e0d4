with

source as (

    {{ latest_per_key('core_banking', 'account') }}

),

renamed as (

    select

        ---------- ids
        account_id,
        party_id,

        ---------- text
        product_code,
        status as account_state,

        ---------- timestamps
        {{ typed('opened_at') }} as opened_at,
        {{ typed('closed_at') }} as closed_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
