-- METRIC-CONTRACT-2022-Q3: one figure per metric and Toronto day; each metric's clause stands beside it.
with

customers as (

    select * from {{ ref('dim_customer') }}

),

events as (

    select
        event_type,
        is_customer_initiated,
        {{ business_day('occurred_at') }} as metric_date
    from {{ ref('fct_journey_event') }}

),

-- clause 3.1: whoever becomes active on a day and stays so until its end counts from that day's figure on
active_changes as (

    select
        {{ business_day('valid_from') }} as changed_on,
        1 as change
    from customers
    where is_active

    union all

    select
        {{ business_day('valid_to') }} as changed_on,
        -1 as change
    from customers
    where
        is_active
        and valid_to is not null

),

first_day as (

    select min({{ business_day('valid_from') }}) as first_day
    from customers

),

days as (

    select dateadd(day, day_number.value::int, first_day.first_day)::date as metric_date
    from
        first_day,
        lateral flatten(
            input => array_generate_range(0, datediff(day, first_day.first_day, {{ partition_date() }}) + 1)
        ) as day_number

),

active_change_per_day as (

    select
        days.metric_date,
        coalesce(sum(active_changes.change), 0) as change
    from days
    left join active_changes on days.metric_date = active_changes.changed_on
    group by days.metric_date

),

active_customers as (

    select
        metric_date,
        'active_customers' as metric_name,
        sum(change) over (order by metric_date rows between unbounded preceding and current row) as metric_value
    from active_change_per_day

),

-- clause 1.1
new_customers as (

    select
        {{ business_day('customer_since') }} as metric_date,
        'new_customers' as metric_name,
        count(*) as metric_value
    from (
        select
            party_id,
            min(valid_from) as customer_since
        from customers
        group by party_id
    ) as first_periods
    group by metric_date, metric_name

),

-- clause 2.1
event_counts as (

    select
        metric_date,
        'customer_initiated_events' as metric_name,
        count(*) as metric_value
    from events
    where is_customer_initiated
    group by metric_date, metric_name
    {%- for metric_name, event_type in {
        'accounts_opened': 'account_opened', 'kyc_verified': 'kyc_verified', 'email_clicks': 'email_click'
    }.items() %}

    union all

    select
        metric_date,
        '{{ metric_name }}' as metric_name,
        count(*) as metric_value
    from events
    where event_type = '{{ event_type }}'
    group by metric_date, metric_name
    {%- endfor %}

),

-- clause 7.1
main_page_sessions as (

    select
        session_date as metric_date,
        'main_page_sessions' as metric_name,
        main_page_sessions as metric_value
    from {{ ref('mart_main_page_traffic') }}

),

-- clause 7.2
deals_opened as (

    select
        {{ business_day('created_at') }} as metric_date,
        'deals_opened' as metric_name,
        count(*) as metric_value
    from {{ ref('fct_deal') }}
    where
        not is_duplicate
        and created_at is not null
    group by metric_date, metric_name

),

-- clause 7.3
tickets_created as (

    select
        {{ business_day('created_at') }} as metric_date,
        'tickets_created' as metric_name,
        count(*) as metric_value
    from {{ ref('fct_ticket') }}
    group by metric_date, metric_name

),

-- clause 7.3
survey_responses as (

    select
        {{ business_day('answered_at') }} as metric_date,
        'survey_responses' as metric_name,
        count(*) as metric_value
    from {{ ref('fct_survey_response') }}
    group by metric_date, metric_name

),

all_metrics as (

    select * from active_customers
    union all
    select * from new_customers
    union all
    select * from event_counts
    union all
    select * from main_page_sessions
    union all
    select * from deals_opened
    union all
    select * from tickets_created
    union all
    select * from survey_responses

),

withheld as (

    select * from {{ ref('int_metric__withheld') }}

)

select
    all_metrics.metric_date,
    all_metrics.metric_name::varchar as metric_name,
    all_metrics.metric_value::number(18, 4) as metric_value
from all_metrics
left join withheld
    on
        all_metrics.metric_name = withheld.metric_name
        and all_metrics.metric_date = withheld.metric_date
where withheld.metric_name is null
