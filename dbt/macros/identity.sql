{#- Clause 1.2's composite key, hashed: ten digits and a lower-case address, or null where either is missing. -#}
{% macro phone_and_email(phone, email) -%}
    sha2(
        regexp_substr(regexp_replace({{ phone }}, '[^0-9]', ''), '^1?([0-9]{10})$', 1, 1, 'e', 1)
        || ' '
        || lower(nullif(trim({{ email }}), '')),
        256
    )
{%- endmacro %}
