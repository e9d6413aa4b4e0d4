-- METRIC-CONTRACT-2022-Q3 clause 1.2: where a key points at two people, no link is made and the conflict is listed.
select
    links.source_system,
    links.record_type,
    links.record_id,
    links.rule,
    links.evidence,
    candidates.party_id as candidate_party_id
from {{ ref('int_identity__link') }} as links
inner join {{ ref('int_identity__key') }} as candidates
    on
        links.rule = candidates.key_type
        and links.evidence = candidates.key_value
where links.parties_matched > 1
