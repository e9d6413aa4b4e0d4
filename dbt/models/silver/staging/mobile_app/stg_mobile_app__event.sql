with

source as (

    {{ latest_per_key('mobile_app', 'event') }}

),

renamed as (

    select

        ---------- ids
        event_id,
        user_id,
        device_id,
        {{ nested('user_properties') }}:customer_number::varchar as party_id,
        {{ nested('event_properties') }}:campaign::varchar as campaign_id,

        ---------- text
        event_type,
        {{ nested('event_properties') }}:screen::varchar as screen,
        {{ nested('user_properties') }}:email::varchar as email,
        {{ nested('user_properties') }}:phone::varchar as phone,
        platform,
        version_name as app_version,

        ---------- numbers
        {{ typed('session_id') }} as session_hint,

        ---------- timestamps
        {{ typed('event_time') }} as happened_at,
        {{ typed('client_event_time') }} as device_time,
        {{ typed('server_received_time') }} as received_at,
        {{ typed('server_upload_time') }} as uploaded_at

    from source

)

select * from renamed
