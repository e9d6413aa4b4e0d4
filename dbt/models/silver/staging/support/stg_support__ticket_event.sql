with

source as (

    {{ latest_per_key('support', 'ticket_event') }}

),

renamed as (

    select

        ---------- ids
        {{ typed('id') }} as id,
        {{ typed('ticket_id') }} as ticket_id,
        {{ typed('updater_id') }} as updater_id,

        ---------- text
        via,
        event_type,

        ---------- nested
        {{ nested('child_events') }} as child_events,

        ---------- timestamps
        {{ typed('created_at') }} as created_at

    from source

)

select * from renamed
