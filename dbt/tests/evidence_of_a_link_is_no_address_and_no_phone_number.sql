-- Whoever reads why a record was linked learns an identifier or a hash, never how to reach the person.
-- Ten digits in a row are no phone number where they are part of a longer word: hashes are full of digits.
{% set phone = '(.*[^0-9A-Za-z])?([+]?1[-. ]?)?[(]?[0-9]{3}[-. )]{0,2}[0-9]{3}[-. ]?[0-9]{4}([^0-9A-Za-z].*)?' -%}
{% for model in ['int_identity__link', 'int_identity__conflict'] -%}
select
    '{{ model }}' as found_in,
    source_system,
    record_type,
    record_id
from {{ ref(model) }}
where
    contains(evidence, '@')
    or regexp_like(evidence, '{{ phone }}')
{% if not loop.last %}
union all

{% endif -%}
{%- endfor %}
