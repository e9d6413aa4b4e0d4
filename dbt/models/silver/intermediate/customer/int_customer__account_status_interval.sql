-- METRIC-CONTRACT-2022-Q3 clause 3.1 (d): the worst of the customer's accounts decides.
{% set parameters = contract().clauses['3.1'].parameters -%}
with

decisions as (

    select
        customer_accounts.party_id,
        customer_accounts.account_id,
        reviews.reviewed_at,
        case reviews.decision
            {% for status in parameters.status_by_severity -%}
            when '{{ parameters.decisions[status] }}' then {{ loop.index0 }}
            {% endfor -%}
        end as severity_rank
    from {{ ref('stg_drop_account_reviews__review') }} as reviews
    inner join {{ ref('int_customer__account') }} as customer_accounts
        on reviews.account_id = customer_accounts.account_id
    where reviews.reviewed_at < {{ as_of() }}

),

instants as (

    select distinct
        party_id,
        reviewed_at as valid_from
    from decisions

),

account_periods as (

    select
        party_id,
        account_id,
        severity_rank,
        reviewed_at as valid_from,
        lead(reviewed_at) over (partition by account_id order by reviewed_at) as valid_to
    from decisions
    where severity_rank is not null

),

worst_at_instants as (

    select
        instants.party_id,
        instants.valid_from,
        min(account_periods.severity_rank) as severity_rank
    from instants
    inner join account_periods
        on
            instants.party_id = account_periods.party_id
            and instants.valid_from >= account_periods.valid_from
            and (account_periods.valid_to is null or instants.valid_from < account_periods.valid_to)
    group by instants.party_id, instants.valid_from

),

turning_points as (

    select *
    from worst_at_instants
    qualify severity_rank is distinct from lag(severity_rank) over (partition by party_id order by valid_from)

)

select
    party_id,
    valid_from,
    lead(valid_from) over (partition by party_id order by valid_from) as valid_to,
    case severity_rank
        {% for status in parameters.status_by_severity -%}
        when {{ loop.index0 }} then '{{ status }}'
        {% endfor -%}
    end as account_status
from turning_points
