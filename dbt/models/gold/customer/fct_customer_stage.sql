-- METRIC-CONTRACT-2022-Q3 clauses 4.1 to 4.4 and 5.1: when each stage was first reached.
{% set stages = contract().clauses['5.1'].parameters.stages -%}
with

customers as (

    select
        *,
        {{ retention_judged_from('activated_at') }} as retention_judged_from
    from {{ ref('int_customer__stage') }}

),

-- A period of activity retains by the first week end that it holds at: later ones cannot be the first.
active_periods as (

    select
        customers.party_id,
        periods.valid_from,
        periods.valid_to,
        greatest(
            customers.retention_judged_from,
            {{ start_of_day('dateadd(week, 1, ' ~ funnel_week('periods.valid_from') ~ ')') }}
        ) as week_ended_at
    from customers
    inner join {{ ref('dim_customer') }} as periods on customers.party_id = periods.party_id
    where
        periods.is_active
        and customers.activated_at is not null

),

retained as (

    select
        active_periods.party_id,
        dateadd(microsecond, -1, min(active_periods.week_ended_at)) as retained_at
    from active_periods
    where
        {{ holds_just_before('active_periods.week_ended_at', 'active_periods') | indent(8) }}
        and active_periods.week_ended_at <= {{ as_of() }}
    group by active_periods.party_id

),

moments as (

    select
        customers.party_id,
        customers.onboarded_at,
        customers.activated_at,
        customers.engaged_at,
        retained.retained_at
    from customers
    left join retained on customers.party_id = retained.party_id

),

stages_reached as (

    {% for stage in stages -%}
    select
        party_id,
        '{{ stage }}' as stage,
        {{ stage }}_at as reached_at
    from moments
    where {{ stage }}_at is not null
    {%- if not loop.last %}

    union all

    {% endif -%}
    {%- endfor %}

)

select
    md5(party_id || ' ' || stage)::varchar(32) as customer_stage_sk,
    party_id,
    stage::varchar as stage,
    reached_at::timestamp_ntz(6) as reached_at,
    {{ funnel_week('reached_at') }}::date as funnel_week
from stages_reached
