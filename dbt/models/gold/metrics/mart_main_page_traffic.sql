-- METRIC-CONTRACT-2022-Q3 clauses 7.1 and 6.3
with

sessions as (

    select
        session_date,
        count(*) as sessions,
        count_if(saw_main_page) as main_page_sessions
    from {{ ref('fct_session') }}
    group by session_date

),

first_day as (

    select min(session_date) as first_day
    from sessions

),

days as (

    select dateadd(day, day_number.value::int, first_day.first_day)::date as session_date
    from
        first_day,
        lateral flatten(
            input => array_generate_range(0, datediff(day, first_day.first_day, {{ partition_date() }}) + 1)
        ) as day_number

)

select
    days.session_date,
    coalesce(sessions.main_page_sessions, 0)::number(18, 0) as main_page_sessions,
    coalesce(sessions.sessions, 0)::number(18, 0) as sessions
from days
left join sessions on days.session_date = sessions.session_date
