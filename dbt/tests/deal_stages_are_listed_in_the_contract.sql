-- Clause 7.2: a stage that it does not list stops the build, before gold reads it. Names the words to be listed.
select
    source_system,
    source_stage,
    count(*) as deals
from {{ ref('int_sales__deal') }}
where stage is null
group by source_system, source_stage
