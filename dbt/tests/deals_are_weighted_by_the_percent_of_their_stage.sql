-- Clause 7.2, from the contract's own list: weighted amount = amount x percent / 100.
select
    deal_sk,
    stage,
    amount,
    weighted_amount
from {{ ref('fct_deal') }}
where
    weighted_amount is distinct from (
        amount
        * case stage
            {%- for stage, percent in contract().clauses['7.2'].parameters.percent.items() %}
            when '{{ stage }}' then {{ percent }}
            {%- endfor %}
        end
        / 100
    )::number(18, 4)
