-- Clause 5.1: a week without anybody is a zero, never a missing row.
select
    min(funnel_week) as first_week,
    max(funnel_week) as last_week,
    count(*) as rows_found
from {{ ref('mart_weekly_funnel') }}
having
    count(*) > 0
    and (
        max(funnel_week) <> {{ monday_of(partition_date()) }}
        or count(*) <> {{ contract().clauses['5.1'].parameters.stages | length }}
        * (datediff(day, min(funnel_week), max(funnel_week)) / 7 + 1)
    )
