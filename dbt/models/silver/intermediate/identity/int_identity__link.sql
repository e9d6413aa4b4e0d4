-- METRIC-CONTRACT-2022-Q3 clause 1.2: keys are tried in the contract's order; the first that some party has decides.
{% set match_on = contract().clauses['1.2'].parameters.match_on -%}
{% set carried_as = {'party_id': 'party_id_key'} -%}
with

known_keys as (

    select
        key_type,
        key_value,
        count(*) as parties,
        min(party_id) as a_party_id,
        -- Of several parties, the last: before it the key did not point at all of them.
        max(since) as since
    from {{ ref('int_identity__key') }}
    group by key_type, key_value

),

decided as (

    select
        records.source_system,
        records.record_type,
        records.record_id,
        records.seen_at,
        case
            {% for key in match_on -%}
            when by_{{ key }}.key_value is not null then by_{{ key }}.key_type
            {% endfor -%}
        end as rule,
        case
            {% for key in match_on -%}
            when by_{{ key }}.key_value is not null then by_{{ key }}.key_value
            {% endfor -%}
        end as evidence,
        case
            {% for key in match_on -%}
            when by_{{ key }}.key_value is not null then by_{{ key }}.parties
            {% endfor -%}
        end as parties,
        case
            {% for key in match_on -%}
            when by_{{ key }}.key_value is not null then by_{{ key }}.a_party_id
            {% endfor -%}
        end as a_party_id,
        case
            {% for key in match_on -%}
            when by_{{ key }}.key_value is not null then by_{{ key }}.since
            {% endfor -%}
        end as key_since
    from {{ ref('int_identity__record') }} as records
    {% for key in match_on -%}
    left join known_keys as by_{{ key }}
        on
            by_{{ key }}.key_type = '{{ key }}'
            and records.{{ carried_as.get(key, key) }} = by_{{ key }}.key_value
    {% endfor %}

)

select
    source_system,
    record_type,
    record_id,
    case when parties = 1 then a_party_id end as party_id,
    rule,
    evidence,
    case
        when rule is null then null
        when key_since > seen_at or seen_at is null then key_since
        else seen_at
    end as since,
    coalesce(parties, 0) as parties_matched
from decided
