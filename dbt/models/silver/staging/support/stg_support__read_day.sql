with

source as (

    {{ read_days('support') | indent(4) }}

),

renamed as (

    select distinct business_day
    from source

)

select * from renamed
