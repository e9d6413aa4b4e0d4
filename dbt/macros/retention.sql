{#-
    Clause 4.4: the instant at which the first week ends at whose end a customer may be retained, exclusive.
    The week of activation is not counted, so the thirteenth full week ends fourteen Mondays on.
-#}
{% macro retention_judged_from(activated_at) -%}
    {{ start_of_day(
        'dateadd(week, ' ~ (contract().clauses['4.4'].parameters.weeks + 1) ~ ', ' ~ funnel_week(activated_at) ~ ')'
    ) }}
{%- endmacro %}

{#- Whether a period of dim_customer holds at the last instant before another: one that ends right there still does. -#}
{% macro holds_just_before(instant, period) -%}
    {{ instant }} > {{ period }}.valid_from
    and ({{ instant }} <= {{ period }}.valid_to or {{ period }}.valid_to is null)
{%- endmacro %}
