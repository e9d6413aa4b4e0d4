-- METRIC-CONTRACT-2022-Q3, metrics: figures that are not known, because a degradable source lacks the day.
{% set told_by = {'deals_opened': 'crm_b', 'tickets_created': 'support', 'survey_responses': 'nps'} -%}
with

read_days as (

    {% for metric_name, source_name in told_by.items() -%}
    select
        '{{ metric_name }}' as metric_name,
        '{{ source_name }}' as source_system,
        business_day
    from {{ ref('stg_' ~ source_name ~ '__read_day') }}
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

first_days as (

    select
        metric_name,
        source_system,
        min(business_day) as first_day
    from read_days
    group by metric_name, source_system

),

days as (

    select
        first_days.metric_name,
        first_days.source_system,
        dateadd(day, day_number.value::int, first_days.first_day)::date as metric_date
    from
        first_days,
        lateral flatten(
            input => array_generate_range(0, datediff(day, first_days.first_day, {{ partition_date() }}) + 1)
        ) as day_number

)

select
    days.metric_name,
    days.metric_date,
    days.source_system
from days
left join read_days
    on
        days.metric_name = read_days.metric_name
        and days.metric_date = read_days.business_day
where read_days.business_day is null
