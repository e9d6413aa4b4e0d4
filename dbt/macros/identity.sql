{#- Clause 1.2's composite key, hashed: ten digits and a lower-case address, or null where either is missing. -#}
{% macro phone_and_email(phone, email) -%}
    {%- set digits = "regexp_replace(" ~ phone ~ ", '[^0-9]', '')" -%}
    case
        when trim({{ email }}) = '' then null
        when length({{ digits }}) = 10
            then sha2({{ digits }} || ' ' || lower(trim({{ email }})), 256)
        when length({{ digits }}) = 11 and startswith({{ digits }}, '1')
            then sha2(right({{ digits }}, 10) || ' ' || lower(trim({{ email }})), 256)
    end
{%- endmacro %}

{#-
    One row per record of another source: the customer it belongs to, and by which key.
    Clause 1.2: keys are tried in the contract's order; the first that some party has decides, and where it points at
    two people nobody is linked.

    records: a CTE with `id` and a column for each of `keys`.
    keys:    the contract's keys that this source can offer.
-#}
{% macro linked_parties(records, id, keys) -%}
    {%- set in_order = contract().clauses['1.2'].parameters.match_on -%}
    with

    {{ records }} as (

        {{ caller() | indent(4) }}

    ),

    offered_keys as (

        {% for key in in_order if key in keys -%}
        select
            {{ id }},
            '{{ key }}' as key_type,
            {{ key }} as key_value,
            {{ loop.index }} as turn
        from {{ records }}
        where {{ key }} is not null
        {%- if not loop.last %}

        union all

        {% endif -%}
        {%- endfor %}

    ),

    deciding_keys as (

        select
            offered_keys.{{ id }},
            offered_keys.key_type,
            known_keys.party_id,
            known_keys.parties
        from offered_keys
        inner join {{ ref('int_identity__key') }} as known_keys
            on
                offered_keys.key_type = known_keys.key_type
                and offered_keys.key_value = known_keys.key_value
        qualify row_number() over (partition by offered_keys.{{ id }} order by offered_keys.turn) = 1

    )

    select
        {{ records }}.{{ id }},
        deciding_keys.party_id,
        deciding_keys.key_type as matched_on,
        coalesce(deciding_keys.parties, 0) as parties_matched
    from {{ records }}
    left join deciding_keys on {{ records }}.{{ id }} = deciding_keys.{{ id }}
{%- endmacro %}
