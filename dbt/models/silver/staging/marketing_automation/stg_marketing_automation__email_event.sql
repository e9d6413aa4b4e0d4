with

source as (

    {{ latest_per_key('marketing_automation', 'email_event') }}

),

renamed as (

    select

        ---------- ids
        event_id,
        contact_id,
        campaign_id,

        ---------- text
        event_type as email_event_type,

        ---------- timestamps
        {{ typed('occurred_at') }} as occurred_at,
        {{ typed('recorded_at') }} as recorded_at

    from source

)

select * from renamed
