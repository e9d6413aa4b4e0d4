-- METRIC-CONTRACT-2022-Q3 clause 6.2
{% set rules = contract().clauses['6.2'].parameters -%}
{#- Shares have twelve decimals and are worked out in whole units of the last, so that they sum to 1 exactly. -#}
{% set unit = '0.000000000001' -%}
{% set percent = 10 ** 10 -%}
with

onboarded as (

    select
        party_id,
        reached_at as onboarded_at,
        funnel_week
    from {{ ref('fct_customer_stage') }}
    where stage = 'onboarded'

),

touches_in_order as (

    select
        onboarded.party_id,
        onboarded.onboarded_at,
        onboarded.funnel_week,
        touches.touch_sk,
        touches.touched_at,
        touches.touch_type,
        touches.channel,
        touches.campaign_id,
        count(touches.touch_sk) over (partition by onboarded.party_id) as touch_count,
        -- Touches of one moment have no order of their own: any will do that stays the same.
        row_number() over (
            partition by onboarded.party_id order by touches.touched_at, touches.touch_sk
        ) as touch_number
    from onboarded
    left join {{ ref('fct_touch') }} as touches
        on
            onboarded.party_id = touches.party_id
            and touches.touched_at >= dateadd(hour, -{{ rules.window_hours }}, onboarded.onboarded_at)
            and touches.touched_at < onboarded.onboarded_at

),

with_rest as (

    select
        *,
        greatest(touch_count - 2, 1) as rest_count,
        mod({{ rules.rest_percent * percent }}, greatest(touch_count - 2, 1)) as rest_left_over
    from touches_in_order

),

shared_out as (

    select
        *,
        case
            when touch_count <= 1 then {{ 100 * percent }}
            when touch_count = 2 then {{ 50 * percent }}
            when touch_number = 1 then {{ rules.first_percent * percent }}
            when touch_number = touch_count then {{ rules.last_percent * percent }}
            else
                ({{ rules.rest_percent * percent }} - rest_left_over) / rest_count
                -- What does not divide goes to the last of the rest.
                + case when touch_number = touch_count - 1 then rest_left_over else 0 end
        end::number(18, 0) as units
    from with_rest

)

select
    md5(party_id || ' ' || coalesce(touch_sk, 'unattributed'))::varchar(32) as attribution_sk,
    party_id,
    onboarded_at::timestamp_ntz(6) as onboarded_at,
    funnel_week,
    touch_sk,
    touched_at::timestamp_ntz(6) as touched_at,
    coalesce(touch_type, 'unattributed')::varchar as touch_type,
    coalesce(channel, 'unattributed')::varchar as channel,
    campaign_id,
    case when touch_count > 0 then touch_number end::number(38, 0) as touch_number,
    touch_count::number(38, 0) as touch_count,
    (units * {{ unit }}::number(13, 12))::number(18, 12) as customer_share
from shared_out
