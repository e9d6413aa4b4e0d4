with

source as (

    {{ latest_per_key('drop_ad_spend', 'ad_spend') }}

),

renamed as (

    select

        ---------- ids
        channel,
        campaign,

        ---------- dates
        {{ typed('date') }} as date,

        ---------- text
        currency,

        ---------- numbers
        {{ typed('impressions') }} as impressions,
        {{ typed('clicks') }} as clicks,
        {{ typed('spend') }} as spend

    from source

)

select * from renamed
