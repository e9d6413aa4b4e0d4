with

source as (

    {{ latest_per_key('support', 'ticket') }}

),

renamed as (

    select

        ---------- ids
        {{ typed('id') }} as id,
        external_id as party_id,
        {{ typed('requester_id') }} as requester_id,
        {{ typed('assignee_id') }} as assignee_id,

        ---------- text
        {{ nested('via') }}:channel::varchar as channel,
        {{ nested('via') }}:source.from.address::varchar as email,
        {{ nested('via') }}:source.from.phone::varchar as phone,
        type as ticket_type,
        priority,
        status as ticket_state,
        {{ nested('satisfaction_rating') }}:score::varchar as satisfaction,

        ---------- nested
        {{ nested('tags') }} as tags,

        ---------- timestamps
        {{ typed('created_at') }} as created_at,
        {{ typed('updated_at') }} as updated_at,
        {{ typed('generated_timestamp') }} as exported_at

    from source

)

select * from renamed
