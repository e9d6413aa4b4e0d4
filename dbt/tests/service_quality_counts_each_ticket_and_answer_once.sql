-- Clause 7.3: what was created, resolved and answered adds up over the weeks.
with

in_the_mart as (

    select
        coalesce(sum(tickets_created), 0) as created,
        coalesce(sum(tickets_merged), 0) as merged,
        coalesce(sum(tickets_without_reply), 0) as without_reply,
        coalesce(sum(tickets_unresolved), 0) as unresolved,
        coalesce(sum(tickets_resolved), 0) as resolved,
        coalesce(sum(responses), 0) as responses
    from {{ ref('mart_service_quality') }}

),

tickets as (

    select
        count(*) as created,
        count_if(is_merged) as merged,
        count_if(first_reply_at is null and not is_merged) as without_reply,
        count_if(resolved_at is null and not is_merged) as unresolved,
        count_if(resolved_at is not null) as resolved
    from {{ ref('fct_ticket') }}

),

answers as (

    select count(*) as responses
    from {{ ref('fct_survey_response') }}

)

select in_the_mart.*
from in_the_mart
cross join tickets
cross join answers
where
    in_the_mart.created <> tickets.created
    or in_the_mart.merged <> tickets.merged
    or in_the_mart.without_reply <> tickets.without_reply
    or in_the_mart.unresolved <> tickets.unresolved
    or in_the_mart.resolved <> tickets.resolved
    or in_the_mart.responses <> answers.responses
