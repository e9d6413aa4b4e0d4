-- An applicant's KYC state by their checks. Of each check type the latest completed result counts; until there is one,
-- a check that was started keeps the applicant pending. A later check of a type changes nothing before it completes.
{% set types = contract().sources.kyc.tables.verification.accepted.check_type -%}
{% set results = types | join('_result, ') ~ '_result' -%}
with

checks as (

    select *
    from {{ ref('stg_kyc__verification') }}
    where applicant_id is not null

),

happenings as (

    select
        applicant_id,
        check_id,
        check_type,
        created_at as happened_at,
        'started' as outcome
    from checks
    where created_at < {{ as_of() }}

    union all

    select
        applicant_id,
        check_id,
        check_type,
        completed_at as happened_at,
        check_result as outcome
    from checks
    where
        check_state = 'complete'
        and check_result is not null
        and completed_at < {{ as_of() }}

),

in_order as (

    select
        *,
        -- What starts and ends at one instant starts first.
        row_number() over (
            partition by applicant_id order by happened_at, iff(outcome = 'started', 0, 1), check_id
        ) as turn
    from happenings

),

results_so_far as (

    select
        applicant_id,
        check_id,
        happened_at,
        {% for type in types -%}
        last_value(case when check_type = '{{ type }}' and outcome <> 'started' then outcome end) ignore nulls over (
            partition by applicant_id order by turn rows between unbounded preceding and current row
        ) as {{ type }}_result,
        max(iff(check_type = '{{ type }}', 1, 0)) over (
            partition by applicant_id order by turn rows between unbounded preceding and current row
        ) as {{ type }}_started,
        {% endfor -%}
        turn
    from in_order

),

at_the_end_of_each_instant as (

    select *
    from results_so_far
    qualify row_number() over (partition by applicant_id, happened_at order by turn desc) = 1

),

states as (

    select
        applicant_id,
        check_id,
        happened_at,
        case
            when 'rejected' in ({{ results }}) then 'rejected'
            when 'consider' in ({{ results }}) then 'under_consideration'
            {% for type in types -%}
            when {{ type }}_started = 1 and {{ type }}_result is null then 'pending'
            {% endfor -%}
            else 'verified'
        end as kyc_state
    from at_the_end_of_each_instant

)

select
    applicant_id,
    happened_at as reached_at,
    kyc_state,
    check_id
from states
qualify kyc_state is distinct from lag(kyc_state) over (partition by applicant_id order by happened_at)
