with

source as (

    {{ latest_per_key('core_banking', 'party_merge') }}

),

renamed as (

    select

        ---------- ids
        retired_party_id,
        surviving_party_id,

        ---------- timestamps
        {{ typed('merged_at') }} as merged_at

    from source

)

select * from renamed
