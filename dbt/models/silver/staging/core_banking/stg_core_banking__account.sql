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
        {{ as_timestamp('opened_at') }} as opened_at,
        {{ as_timestamp('closed_at') }} as closed_at,
        {{ as_timestamp('updated_at') }} as updated_at

    from source

)

select * from renamed
