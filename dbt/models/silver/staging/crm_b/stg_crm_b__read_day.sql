with

source as (

    {{ read_days('crm_b') | indent(4) }}

),

renamed as (

    select distinct business_day
    from source

)

select * from renamed
