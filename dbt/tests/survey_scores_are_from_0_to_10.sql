-- The survey's scale. A score off it counts by clause 7.3's limits all the same.
{{ config(severity='warn') }}

select
    response_sk,
    score
from {{ ref('fct_survey_response') }}
where score not between 0 and 10
