with

source as (

    {{ latest_per_key('crm_a', 'campaign_member') }}

),

renamed as (

    select

        ---------- ids
        id,
        contact_id,
        campaign_code as campaign_id,

        ---------- text
        status as member_state,

        ---------- booleans
        {{ typed('has_responded') }} as has_responded,

        ---------- dates and timestamps
        {{ typed('first_responded_date') }} as first_responded_on,
        {{ typed('created_date') }} as created_at,
        {{ typed('system_modstamp') }} as updated_at

    from source

)

select * from renamed
