-- METRIC-CONTRACT-2022-Q3 clause 3.2: a tracked attribute. The vendor goes on scoring a retired party under its own
-- key: of the parties that became one customer, the one in the worst band decides, as the worst account does.
{% set bands = contract().sources.aml.tables.risk_band.accepted.band -%}
with

scorings as (

    select
        parties.surviving_party_id as party_id,
        scores.party_id as scored_party_id,
        scores.scored_at as valid_from,
        lead(scores.scored_at) over (partition by scores.party_id order by scores.scored_at) as valid_to,
        case scores.aml_band
            {% for band in bands -%}
            when '{{ band }}' then {{ loop.index0 }}
            {% endfor -%}
        end as severity_rank
    from {{ ref('stg_aml__risk_band') }} as scores
    inner join {{ ref('int_identity__party') }} as parties on scores.party_id = parties.party_id
    where
        scores.scored_at < {{ as_of() }}
        and scores.aml_band in ({{ quoted(bands) }})

),

instants as (

    select distinct
        party_id,
        valid_from
    from scorings

),

worst_at_instants as (

    select
        instants.party_id,
        instants.valid_from,
        max(scorings.severity_rank) as severity_rank
    from instants
    inner join scorings
        on
            instants.party_id = scorings.party_id
            and instants.valid_from >= scorings.valid_from
            and (scorings.valid_to is null or instants.valid_from < scorings.valid_to)
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
        {% for band in bands -%}
        when {{ loop.index0 }} then '{{ band }}'
        {% endfor -%}
    end as aml_band
from turning_points
