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
