with

accounts as (

    select * from {{ ref('stg_core_banking__account') }}

),

parties as (

    select * from {{ ref('int_identity__party') }}

),

final as (

    select
        accounts.account_id,
        parties.surviving_party_id as party_id,
        accounts.product_code,
        accounts.product_code in (
            {{ quoted(contract().clauses['3.1'].parameters.primary_products) }}
        ) as is_primary_product,
        accounts.opened_at,
        case
            -- A closed account without a closing time was closed by the time it was last changed.
            when accounts.account_state = 'closed' then coalesce(accounts.closed_at, accounts.updated_at)
        end as closed_at
    from accounts
    inner join parties on accounts.party_id = parties.party_id
    where accounts.opened_at < {{ as_of() }}

)

select
    account_id,
    party_id,
    product_code,
    is_primary_product,
    opened_at,
    {{ if_before_as_of('closed_at') }} as closed_at
from final
