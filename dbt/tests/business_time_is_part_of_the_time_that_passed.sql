-- Clause 7.3: nobody replies before they were asked, and business time is part of elapsed time.
select
    ticket_sk,
    created_at,
    first_reply_at,
    first_reply_business_minutes,
    resolved_at,
    resolution_business_minutes
from {{ ref('fct_ticket') }}
where
    first_reply_at < created_at
    or resolved_at < created_at
    or first_reply_business_minutes not between 0 and datediff(second, created_at, first_reply_at) / 60.0 + 0.01
    or resolution_business_minutes not between 0 and datediff(second, created_at, resolved_at) / 60.0 + 0.01
    or (first_reply_at is null) <> (first_reply_business_minutes is null)
    or (resolved_at is null) <> (resolution_business_minutes is null)
