-- Clauses 7.3 and 5.1: a week in which nothing happened is a week, too.
select
    min(funnel_week) as first_week,
    max(funnel_week) as last_week,
    count(*) as weeks
from {{ ref('mart_service_quality') }}
having
    count(*) > 0
    and (
        max(funnel_week) <> {{ monday_of(partition_date()) }}
        or count(*) <> datediff(day, min(funnel_week), max(funnel_week)) / 7 + 1
        or count_if(dayofweekiso(funnel_week) <> 1) > 0
    )
