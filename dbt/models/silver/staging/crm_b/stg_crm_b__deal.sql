with

source as (

    {{ latest_per_key('crm_b', 'deal') }}

),

renamed as (

    select

        ---------- ids
        id,
        primary_contact_id as contact_id,

        ---------- text
        dealstage as deal_stage,
        pipeline,

        ---------- numbers
        {{ typed('amount') }} as amount,

        ---------- timestamps
        {{ typed('closedate') }} as closes_at,
        {{ typed('createdate') }} as created_at,
        {{ typed('hs_lastmodifieddate') }} as updated_at

    from source

)

select * from renamed
