-- Clauses 7.1 and 6.3: each session is of one day, each day has its row, and no more saw the page than there were.
with

in_the_mart as (

    select
        coalesce(sum(main_page_sessions), 0) as main_page_sessions,
        coalesce(sum(sessions), 0) as sessions,
        count_if(main_page_sessions > sessions) as impossible_days,
        count(*) - datediff(day, min(session_date), max(session_date)) - 1 as days_too_many
    from {{ ref('mart_main_page_traffic') }}

),

in_the_fact as (

    select
        count_if(saw_main_page) as main_page_sessions,
        count(*) as sessions
    from {{ ref('fct_session') }}

)

select in_the_mart.*
from in_the_mart
cross join in_the_fact
where
    in_the_mart.main_page_sessions <> in_the_fact.main_page_sessions
    or in_the_mart.sessions <> in_the_fact.sessions
    or in_the_mart.impossible_days > 0
    or in_the_mart.days_too_many <> 0
