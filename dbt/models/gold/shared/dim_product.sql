-- METRIC-CONTRACT-2022-Q3 clause 3.1 (a)
{% set products = contract().sources.core_banking.tables.account.accepted.product_code -%}
with

named_products as (

    -- Those that core banking's contract lists, held by anybody or not.
    {% for product in products -%}
    select '{{ product }}' as product_code
    union all
    {% endfor -%}
    select product_code
    from {{ ref('int_customer__account') }}
    where product_code is not null

)

select distinct
    product_code::varchar as product_code,
    product_code in (
        {{ quoted(contract().clauses['3.1'].parameters.primary_products) }}
    ) as is_primary_product
from named_products
