-- METRIC-CONTRACT-2022-Q3 clause 3.1 (a). Of several primary products held at once, the one held longest is *the* one.
with

accounts as (

    select
        *,
        coalesce(closed_at, '9999-12-31'::timestamp_ntz(6)) as held_until
    from {{ ref('int_customer__account') }}
    where is_primary_product

),

in_turn as (

    select
        *,
        greatest(
            opened_at,
            coalesce(
                max(held_until) over (
                    partition by party_id order by opened_at, account_id
                    rows between unbounded preceding and 1 preceding
                ),
                opened_at
            )
        ) as turn_comes_at
    from accounts

)

select
    party_id,
    turn_comes_at as valid_from,
    closed_at as valid_to,
    product_code as primary_product_code,
    opened_at as primary_product_opened_at
from in_turn
where turn_comes_at < held_until
