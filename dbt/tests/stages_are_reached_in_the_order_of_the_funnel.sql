-- Clauses 4.2 to 4.4: activation follows onboarding; engagement and retention both follow activation, in either order.
with

stages as (

    select
        party_id,
        stage,
        reached_at,
        case
            when stage = 'activated' then 'onboarded'
            when stage in ('engaged', 'retained') then 'activated'
        end as stage_before
    from {{ ref('fct_customer_stage') }}

)

select
    stages.party_id,
    stages.stage,
    stages.reached_at,
    earlier.reached_at as stage_before_reached_at
from stages
left join stages as earlier
    on
        stages.party_id = earlier.party_id
        and stages.stage_before = earlier.stage
where
    stages.stage_before is not null
    and not coalesce(earlier.reached_at < stages.reached_at, false)
