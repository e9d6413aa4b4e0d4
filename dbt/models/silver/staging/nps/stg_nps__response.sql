with

source as (

    {{ latest_per_key('nps', 'response') }}

),

renamed as (

    select

        ---------- ids
        id,
        person:id::varchar as respondent_id,

        ---------- text
        survey_type,
        person:email::varchar as email,
        person:phone_number::varchar as phone,
        person_properties:touchpoint::varchar as touchpoint,
        delivery_method,

        ---------- numbers
        {{ typed('score') }} as score,

        ---------- timestamps
        {{ typed('created_at') }} as created_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
