-- Clause 7.1: sessions marked as having seen the main page, against the views of it that the app told of.
with

views as (

    select distinct session_events.session_id
    from {{ ref('int_session__event') }} as session_events
    inner join {{ ref('int_app__event') }} as app_events on session_events.event_id = app_events.event_id
    where app_events.screen = '{{ contract().clauses["7.1"].parameters.page }}'

)

select
    sessions.session_sk,
    sessions.saw_main_page
from {{ ref('fct_session') }} as sessions
left join views on sessions.session_sk = md5(views.session_id)
where sessions.saw_main_page is distinct from (views.session_id is not null)
