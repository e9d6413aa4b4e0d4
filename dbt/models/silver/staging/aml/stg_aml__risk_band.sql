with

source as (

    {{ latest_per_key('aml', 'risk_band') }}

),

renamed as (

    select

        ---------- ids
        party_id,

        ---------- text
        band as aml_band,
        model_version,

        ---------- numbers
        {{ typed('score') }} as score,

        ---------- booleans
        {{ typed('overridden_by_analyst') }} as is_overridden,

        ---------- timestamps
        {{ typed('scored_at') }} as scored_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
