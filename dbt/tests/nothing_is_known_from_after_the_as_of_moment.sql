-- A build speaks of its as-of moment: what came later may not show.
select party_id
from {{ ref('dim_customer') }}
where
    valid_from >= {{ as_of() }}
    or valid_to >= {{ as_of() }}

union all

select party_id
from {{ ref('fct_journey_event') }}
where occurred_at >= {{ as_of() }}

union all

select party_id
from {{ ref('fct_session') }}
where ended_at >= {{ as_of() }}

union all

select party_id
from {{ ref('fct_customer_stage') }}
where reached_at >= {{ as_of() }}

union all

select campaign_id
from {{ ref('fct_ad_spend') }}
where spent_on > {{ partition_date() }}

union all

select party_id
from {{ ref('fct_touch') }}
where touched_at >= {{ as_of() }}
