-- Judges the business day's published figures against the seven days before, and speaks up where a figure is missing.
{% set baseline_days = var('anomaly_baseline_days') -%}
with

metrics as (

    {% for metric_name, facts in contract().metrics.items() -%}
    select
        '{{ metric_name }}' as metric_name,
        '{{ facts.owner }}' as owner,
        '{{ facts.channel }}' as channel
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

daily_metrics as (

    select * from {{ published(ref('mart_daily_metrics')) }}

),

baselines as (

    select
        metric_name,
        count(*) as days,
        avg(metric_value)::float as average,
        stddev(metric_value)::float as deviation,
        min(metric_value) as lowest,
        max(metric_value) as highest
    from daily_metrics
    where
        metric_date < {{ partition_date() }}
        and metric_date >= dateadd(day, -{{ baseline_days }}, {{ partition_date() }})
    group by metric_name

),

figures_of_the_day as (

    select
        metric_name,
        metric_value
    from daily_metrics
    where metric_date = {{ partition_date() }}

),

-- A source that the build can do without lacks the day: that is said of the source, and not once more of its figures.
withheld as (

    select metric_name
    from {{ ref('int_metric__withheld') }}
    where metric_date = {{ partition_date() }}

),

compared as (

    select
        metrics.metric_name,
        metrics.owner,
        metrics.channel,
        figures_of_the_day.metric_value as actual,
        baselines.days,
        baselines.lowest,
        baselines.highest,
        baselines.average,
        baselines.deviation,
        withheld.metric_name is not null as is_withheld,
        case
            when baselines.lowest < baselines.highest
                then (figures_of_the_day.metric_value - baselines.average) / nullif(baselines.deviation, 0)
        end as z_score
    from metrics
    inner join baselines on metrics.metric_name = baselines.metric_name
    left join figures_of_the_day on metrics.metric_name = figures_of_the_day.metric_name
    left join withheld on metrics.metric_name = withheld.metric_name

),

judged as (

    select
        *,
        case
            when is_withheld then null
            when actual is null and days = {{ baseline_days }} then 'missing'
            when days < {{ var('anomaly_minimum_days') }} then null
            when lowest = highest and actual <> lowest then 'constant_moved'
            when abs(z_score) > {{ var('anomaly_sigmas') }} then 'out_of_range'
        end as rule
    from compared

)

select
    {{ partition_date() }} as metric_date,
    metric_name::varchar as metric_name,
    rule::varchar as rule,
    actual::number(18, 4) as actual,
    (average - {{ var('anomaly_sigmas') }} * deviation)::number(18, 4) as expected_low,
    (average + {{ var('anomaly_sigmas') }} * deviation)::number(18, 4) as expected_high,
    average::number(18, 4) as expected,
    z_score::number(38, 4) as z_score,
    owner::varchar as owner,
    channel::varchar as channel
from judged
where rule is not null
