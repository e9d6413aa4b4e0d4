with

source as (

    {{ latest_per_key('marketing_automation', 'campaign') }}

),

renamed as (

    select

        ---------- ids
        campaign_id,

        ---------- text
        name as campaign_name,
        channel,

        ---------- dates and timestamps
        {{ typed('started_on') }} as started_on,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
