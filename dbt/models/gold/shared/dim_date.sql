-- METRIC-CONTRACT-2022-Q3 clause 5.1: which days make a week, and when each of them begins and ends.
with

first_day as (

    select min({{ business_day('opened_at') }}) as first_day
    from {{ ref('int_customer__account') }}

),

days as (

    select dateadd(day, day_number.value::int, first_day.first_day)::date as business_date
    from
        first_day,
        lateral flatten(
            input => array_generate_range(0, datediff(day, first_day.first_day, {{ partition_date() }}) + 1)
        ) as day_number

)

select
    business_date,
    dayofweekiso(business_date)::number(1, 0) as weekday,
    dayofweekiso(business_date) > 5 as is_weekend,
    {{ monday_of('business_date') }}::date as funnel_week,
    dateadd(day, 6, {{ monday_of('business_date') }})::date as funnel_week_ends_on,
    date_trunc('month', business_date)::date as month_begins_on,
    date_trunc('quarter', business_date)::date as quarter_begins_on,
    {{ start_of_day('business_date') }} as begins_at,
    {{ start_of_day('dateadd(day, 1, business_date)') }} as ends_at
from days
