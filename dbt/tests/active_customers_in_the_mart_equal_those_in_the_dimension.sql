-- The figure of the as-of day is the number of current active rows.
with

in_the_mart as (

    select coalesce(sum(metric_value), 0) as customers
    from {{ ref('mart_daily_metrics') }}
    where
        metric_name = 'active_customers'
        and metric_date = {{ partition_date() }}

),

in_the_dimension as (

    select count(*) as customers
    from {{ ref('dim_customer') }}
    where
        is_current
        and is_active

)

select
    in_the_mart.customers as customers_in_the_mart,
    in_the_dimension.customers as customers_in_the_dimension
from in_the_mart
cross join in_the_dimension
where in_the_mart.customers <> in_the_dimension.customers
