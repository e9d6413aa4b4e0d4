with

source as (

    {{ latest_per_key('rates_engine', 'posted_rate') }}

),

renamed as (

    select

        ---------- ids
        series,

        ---------- dates
        {{ typed('d') }} as d,

        ---------- numbers
        {{ typed('v') }} as rate_percent

    from source

)

select * from renamed
