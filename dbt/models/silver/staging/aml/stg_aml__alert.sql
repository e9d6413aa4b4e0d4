with

source as (

    {{ latest_per_key('aml', 'alert') }}

),

renamed as (

    select

        ---------- ids
        alert_id,
        party_id,

        ---------- text
        kind as alert_kind,
        status as alert_state,

        ---------- timestamps
        {{ typed('opened_at') }} as opened_at,
        {{ typed('closed_at') }} as closed_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
