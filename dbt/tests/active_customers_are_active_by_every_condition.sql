-- Clause 3.1 the other way round: whoever is active meets each condition, and acted within 720 hours of the row's end.
select
    party_id,
    valid_from
from {{ ref('dim_customer') }}
where
    is_active
    and not coalesce(
        primary_product_code is not null
        and opt_in_operational
        and account_status = 'active'
        and coalesce(valid_to, {{ as_of() }}) <= dateadd(
            microsecond, 1, dateadd(
                hour, {{ contract().clauses['3.1'].parameters.window_hours }}, last_customer_event_at
            )
        ),
        false
    )
