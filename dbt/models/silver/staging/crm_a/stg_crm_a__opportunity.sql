with

source as (

    {{ latest_per_key('crm_a', 'opportunity') }}

),

renamed as (

    select

        ---------- ids
        id,
        contact_id,

        ---------- text
        stage_name as opportunity_stage,
        product_code,

        ---------- numbers
        {{ typed('amount') }} as amount,

        ---------- booleans
        {{ typed('is_closed') }} as is_closed,
        {{ typed('is_won') }} as is_won,

        ---------- dates and timestamps
        {{ typed('close_date') }} as closes_on,
        {{ typed('created_date') }} as created_at,
        {{ typed('system_modstamp') }} as updated_at

    from source

)

select * from renamed
