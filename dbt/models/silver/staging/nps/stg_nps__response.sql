with

source as (

    {{ latest_per_key('nps', 'response') }}

),

renamed as (

    select

        ---------- ids
        id,
        {{ nested('person') }}:id::varchar as respondent_id,

        ---------- text
        survey_type,
        {{ nested('person') }}:email::varchar as email,
        {{ nested('person') }}:phone_number::varchar as phone,
        {{ nested('person_properties') }}:touchpoint::varchar as touchpoint,
        delivery_method,

        ---------- numbers
        {{ typed('score') }} as score,

        ---------- timestamps
        {{ typed('created_at') }} as created_at,
        {{ typed('updated_at') }} as updated_at

    from source

)

select * from renamed
