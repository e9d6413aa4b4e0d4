-- METRIC-CONTRACT-2022-Q3 clauses 1.1 and 1.2: what was a retired party's belongs to the survivor, for all valid time.
with recursive

merges as (

    select
        retired_party_id,
        surviving_party_id
    from {{ ref('stg_core_banking__party_merge') }}
    where
        merged_at < {{ as_of() }}
        and surviving_party_id is not null
        and retired_party_id <> surviving_party_id

),

mentioned_parties as (

    select party_id from {{ ref('stg_core_banking__party') }}
    union all
    select retired_party_id as party_id from merges
    union all
    select surviving_party_id as party_id from merges

),

parties as (

    select distinct party_id from mentioned_parties

),

chains as (

    select
        retired_party_id as party_id,
        surviving_party_id as reached_party_id,
        1 as merge_count,
        (' ' || retired_party_id || ' ' || surviving_party_id || ' ')::varchar as reached_so_far
    from merges

    union all

    select
        chains.party_id,
        merges.surviving_party_id as reached_party_id,
        chains.merge_count + 1 as merge_count,
        (chains.reached_so_far || merges.surviving_party_id || ' ')::varchar as reached_so_far
    from chains
    inner join merges on chains.reached_party_id = merges.retired_party_id
    -- Parties merged in a circle have no survivor: the walk stops, and each of them stays itself.
    where not contains(chains.reached_so_far, ' ' || merges.surviving_party_id || ' ')

),

chain_ends as (

    select chains.*
    from chains
    left join merges on chains.reached_party_id = merges.retired_party_id
    where merges.retired_party_id is null

)

select
    parties.party_id,
    coalesce(chain_ends.reached_party_id, parties.party_id) as surviving_party_id,
    coalesce(chain_ends.merge_count, 0) as merge_count
from parties
left join chain_ends on parties.party_id = chain_ends.party_id
