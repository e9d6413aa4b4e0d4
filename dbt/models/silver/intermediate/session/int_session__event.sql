-- METRIC-CONTRACT-2022-Q3 clause 6.3
{% set clause = contract().clauses['6.3'].parameters -%}
{% set cut_by = 'gap ' ~ clause.gap_minutes ~ ' minutes, longest ' ~ clause.longest_hours ~ ' hours' -%}
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='event_id',
        on_schema_change='fail',
        post_hook="delete from {{ this }} where event_id not in (select event_id from {{ ref('int_app__event') }})"
    )
}}
with recursive

events as (

    select
        event_id,
        subject,
        happened_at
    from {{ ref('int_app__event') }}

),

{% if is_incremental() -%}
-- What differs from the events that were cut last time, whatever brought it about: where it is now, and where it was.
changes as (

    select
        events.subject,
        events.happened_at
    from events
    left join {{ this }} as cut_events
        on
            events.event_id = cut_events.event_id
            and events.subject = cut_events.subject
            and events.happened_at = cut_events.happened_at
            and cut_events.cut_by = '{{ cut_by }}'
    where cut_events.event_id is null

    union all

    select
        cut_events.subject,
        cut_events.happened_at
    from {{ this }} as cut_events
    left join events
        on
            cut_events.event_id = events.event_id
            and cut_events.subject = events.subject
            and cut_events.happened_at = events.happened_at
    where events.event_id is null

),

first_changes as (

    select
        subject,
        min(happened_at) as changed_at
    from changes
    group by subject

),

-- A session's start depends on what came before it alone, so those before the first change still hold. The last of them
-- is where cutting begins again.
restarts as (

    select
        first_changes.subject,
        coalesce(max(cut_events.happened_at), first_changes.changed_at) as restarts_at
    from first_changes
    left join {{ this }} as cut_events
        on
            first_changes.subject = cut_events.subject
            and first_changes.changed_at > cut_events.happened_at
            and cut_events.event_id = cut_events.session_id
    group by first_changes.subject, first_changes.changed_at

),

events_to_cut as (

    select events.*
    from events
    inner join restarts
        on
            events.subject = restarts.subject
            and events.happened_at >= restarts.restarts_at

),
{%- else -%}
events_to_cut as (

    select * from events

),
{%- endif %}

with_previous_event as (

    select
        *,
        lag(happened_at) over (partition by subject order by happened_at, event_id) as previously_happened_at
    from events_to_cut

),

with_gaps as (

    select
        *,
        coalesce(
            happened_at >= dateadd(minute, {{ clause.gap_minutes }}, previously_happened_at), true
        ) as follows_a_gap
    from with_previous_event

),

numbered_stretches as (

    select
        *,
        count_if(follows_a_gap) over (
            partition by subject order by happened_at, event_id rows between unbounded preceding and current row
        ) as stretch
    from with_gaps

),

-- A stretch without a gap is one session, unless it is too long.
long_stretches as (

    select
        subject,
        stretch,
        min(happened_at) as began_at
    from numbered_stretches
    group by subject, stretch
    having max(happened_at) >= dateadd(hour, {{ clause.longest_hours }}, min(happened_at))

),

moments_of_long_stretches as (

    select distinct
        numbered_stretches.subject,
        numbered_stretches.stretch,
        numbered_stretches.happened_at
    from numbered_stretches
    inner join long_stretches
        on
            numbered_stretches.subject = long_stretches.subject
            and numbered_stretches.stretch = long_stretches.stretch

),

-- Events and ends of sessions that would begin with them, in one line: an end is followed by the event that it cuts at.
moments_and_ends as (

    select
        subject,
        stretch,
        happened_at as at_moment,
        null::timestamp_ntz(6) as began_at,
        happened_at
    from moments_of_long_stretches

    union all

    select
        subject,
        stretch,
        dateadd(hour, {{ clause.longest_hours }}, happened_at) as at_moment,
        happened_at as began_at,
        null::timestamp_ntz(6) as happened_at
    from moments_of_long_stretches

),

possible_cuts as (

    select
        *,
        min(happened_at) over (
            partition by subject, stretch
            order by at_moment, began_at nulls last
            rows between current row and unbounded following
        ) as cut_at
    from moments_and_ends

),

cuts as (

    select
        subject,
        stretch,
        began_at
    from long_stretches

    union all

    select
        cuts.subject,
        cuts.stretch,
        possible_cuts.cut_at as began_at
    from cuts
    inner join possible_cuts
        on
            cuts.subject = possible_cuts.subject
            and cuts.stretch = possible_cuts.stretch
            and cuts.began_at = possible_cuts.began_at
    where possible_cuts.cut_at is not null

),

starts as (

    select
        numbered_stretches.subject,
        numbered_stretches.event_id,
        numbered_stretches.happened_at,
        -- Of events at one moment the first begins the session, and the others are in it.
        (
            numbered_stretches.follows_a_gap
            or (
                cuts.began_at is not null
                and numbered_stretches.happened_at > numbered_stretches.previously_happened_at
            )
        ) as starts_session
    from numbered_stretches
    left join cuts
        on
            numbered_stretches.subject = cuts.subject
            and numbered_stretches.stretch = cuts.stretch
            and numbered_stretches.happened_at = cuts.began_at

)

select
    event_id,
    last_value(case when starts_session then event_id end) ignore nulls over (
        partition by subject order by happened_at, event_id rows between unbounded preceding and current row
    ) as session_id,
    subject,
    happened_at,
    '{{ cut_by }}'::varchar as cut_by
from starts
