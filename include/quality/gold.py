"""What must hold between the gold tables, and between gold and what it was built from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from great_expectations.expectations.core.expect_table_row_count_to_be_between import (
    ExpectTableRowCountToBeBetween,
)

from include.contracts import load_metric_contract
from include.quality.checkpoints import CheckpointSummary, Validation, run_checkpoint
from include.quality.figures import ExpectFiguresToAgree

SCHEMA = "gold_candidate"


@dataclass(frozen=True)
class Reconciliation:
    """Two queries of one value each that must agree; no value on one side is a difference too.

    ``{batch}`` is the table, ``$day`` the business day, ``$zone`` its time zone.
    """

    table: str
    figure: str
    expected: str
    observed: str


RECONCILIATIONS = (
    Reconciliation(
        "dim_customer",
        "customers, and customers with exactly one current row",
        expected="select count(distinct party_id) from {batch}",
        observed="""
            select count(*) from (
                select party_id from {batch} where is_current group by party_id having count(*) = 1
            ) as current_once
        """,
    ),
    Reconciliation(
        "dim_customer",
        "parties that opened an account, and customers in the dimension",
        expected="""
            select count(distinct party_id) from gold_candidate.fct_journey_event
            where event_type = 'account_opened'
        """,
        observed="select count(distinct party_id) from {batch}",
    ),
    Reconciliation(
        "fct_journey_event",
        "events of known parties in silver, and events in the fact",
        expected="select count(*) from silver.int_journey__event where party_id is not null",
        observed="select count(*) from {batch}",
    ),
    Reconciliation(
        "fct_journey_event",
        "parties with events on accounts that the dimension does not have",
        expected="select 0",
        observed="""
            select count(distinct party_id) from {batch}
            where split_part(event_type, '_', 1) in ('account', 'txn')
                and party_id not in (select party_id from gold_candidate.dim_customer)
        """,
    ),
    Reconciliation(
        "mart_daily_metrics",
        "newest day in the mart",
        expected="select '$day'::date",
        observed="select max(metric_date) from {batch}",
    ),
    Reconciliation(
        "mart_daily_metrics",
        "customers active at the end of $day, in the dimension and in the mart",
        expected="select count(*) from gold_candidate.dim_customer where is_current and is_active",
        observed="""
            select max(metric_value)::number(38, 0) from {batch}
            where metric_name = 'active_customers' and metric_date = '$day'::date
        """,
    ),
    Reconciliation(
        "mart_daily_metrics",
        "customer-initiated events of $day, in the fact and in the mart",
        expected="""
            select count(*) from gold_candidate.fct_journey_event
            where is_customer_initiated and convert_timezone('UTC', '$zone', occurred_at)::date = '$day'::date
        """,
        observed="""
            select coalesce(max(metric_value), 0)::number(38, 0) from {batch}
            where metric_name = 'customer_initiated_events' and metric_date = '$day'::date
        """,
    ),
    Reconciliation(
        "mart_weekly_funnel",
        "onboarded customers in silver, and in all weeks of the funnel",
        expected="select count(*) from silver.int_customer__stage",
        observed="select sum(customers) from {batch} where stage = 'onboarded'",
    ),
    Reconciliation(
        "mart_customer_acquisition",
        "ad spend in silver up to $day, and in the mart",
        expected="""
            select coalesce(sum(spend), 0)::number(38, 2) from silver.stg_drop_ad_spend__ad_spend
            where date <= '$day'::date
        """,
        observed="select sum(spend)::number(38, 2) from {batch}",
    ),
    Reconciliation(
        "mart_marketing_attribution",
        "onboarded customers in silver, and the sum of the shares that touches have of them",
        expected="select count(*) from silver.int_customer__stage",
        observed="""
            select sum(customer_share)::number(38, 0) from {batch}
            having sum(customer_share) = round(sum(customer_share))
        """,
    ),
    Reconciliation(
        "mart_deal_pipeline",
        "open deals of both CRMs in silver, and in the pipeline with those that are counted once",
        expected="select count(*) from silver.int_sales__deal where stage not in ('won', 'lost')",
        observed="select sum(open_deals + duplicate_deals)::number(38, 0) from {batch}",
    ),
    Reconciliation(
        "mart_service_quality",
        "tickets in silver, and in all weeks",
        expected="select count(*) from silver.int_service__ticket",
        observed="select coalesce(sum(tickets_created), 0)::number(38, 0) from {batch}",
    ),
    Reconciliation(
        "mart_service_quality",
        "survey answers in silver, and in all weeks",
        expected="select count(*) from silver.int_service__survey_response",
        observed="select coalesce(sum(responses), 0)::number(38, 0) from {batch}",
    ),
    Reconciliation(
        "mart_main_page_traffic",
        "sessions in silver, and in all days",
        expected="select count(*) from silver.int_session__session",
        observed="select coalesce(sum(sessions), 0)::number(38, 0) from {batch}",
    ),
)

# A degradable source alone tells these: gold goes on without one that has not sent anything yet.
MAY_BE_EMPTY = {"mart_main_page_traffic", "mart_service_quality"}


def check(partition: date, run_name: str) -> CheckpointSummary:
    """Reconcile the candidate, built for ``partition``.

    Raises:
        CheckpointFailed: two figures that must agree do not.
        CheckpointError: a table could not be read.
    """
    return run_checkpoint("gold", list(validations(partition)), run_name)


def validations(partition: date) -> Iterator[Validation]:
    """One per gold table: it has rows if it must, and its figures agree with the other tables'."""
    for table in dict.fromkeys(one.table for one in RECONCILIATIONS):
        agreements = (_expectation(one, partition) for one in RECONCILIATIONS if one.table == table)
        rows = ExpectTableRowCountToBeBetween(min_value=0 if table in MAY_BE_EMPTY else 1)
        yield Validation(SCHEMA, table, (rows, *agreements))


def _expectation(one: Reconciliation, partition: date) -> ExpectFiguresToAgree:
    query = " ".join(
        f"""
        with figures as (select ({one.expected})::varchar as expected, ({one.observed})::varchar as observed)
        select '{one.figure}' as figure, * from figures where expected is distinct from observed
        """.split()  # noqa: S608 -- text of this file and a date
    )
    zone = load_metric_contract().timezone
    return ExpectFiguresToAgree(
        unexpected_rows_query=query.replace("$day", partition.isoformat()).replace("$zone", zone),
        description=one.figure.replace("$day", partition.isoformat()),
    )
