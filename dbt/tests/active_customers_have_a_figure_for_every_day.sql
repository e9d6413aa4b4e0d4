-- Event counts may be missing on a day; the number of active customers may not.
select
    min(metric_date) as first_day,
    max(metric_date) as last_day,
    count(*) as figures
from {{ ref('mart_daily_metrics') }}
where metric_name = 'active_customers'
having
    count(*) > 0
    and (
        max(metric_date) <> {{ partition_date() }}
        or count(*) <> datediff(day, min(metric_date), max(metric_date)) + 1
    )
