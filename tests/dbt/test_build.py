"""The whole project on a small world: built with all its tests, published, judged, and built again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt
from tests.dbt.small_world import (
    DAY,
    JOINED,
    LAST_VISIT_OF_LARS,
    NEXT_DAY,
    NOON,
    YESTERDAY,
    land_first_day,
    land_next_day,
)

LAPSE = timedelta(hours=720, microseconds=1)


@pytest.fixture(scope="module")
def first_build(bronze: Bronze, dbt: Dbt) -> dict[str, str]:
    """Status by node of the first day's build, unit tests and data tests included."""
    bronze.create()
    land_first_day(bronze)
    results = dbt("build", "--exclude", "path:models/monitoring", partition=DAY)
    return {result.node: result.status for result in results}


def test_every_model_is_built_and_every_test_of_it_passes(first_build: dict[str, str]) -> None:
    kinds = {node.split(".")[0] for node in first_build}
    assert kinds >= {"model", "test", "unit_test"}
    in_order = {"success", "pass", "no-op"}  # an exposure is no-op
    not_passed = {
        node.split(".")[2]: status for node, status in first_build.items() if status not in in_order
    }
    assert not_passed == {"is_empty_quarantine_core_banking_": "warn"}  # Mia's birthday


@pytest.mark.usefixtures("first_build")
def test_customers_live_through_the_states_that_their_records_tell(bronze: Bronze) -> None:
    assert history(bronze, "ana") == [
        (JOINED, True, "active", "verified"),
        (JOINED + LAPSE, False, "active", "verified"),
        (NOON, True, "active", "verified"),  # with the card of the party that she was merged from
    ]
    assert history(bronze, "lars") == [
        (JOINED, True, "active", "not_started"),
        (LAST_VISIT_OF_LARS + LAPSE, False, "active", "not_started"),
        (YESTERDAY, False, "active", "pending"),
        (NOON, False, "active", "verified"),
    ]
    assert history(bronze, "mia") == [
        (JOINED, True, "active", "not_started"),
        (JOINED + LAPSE, False, "active", "not_started"),
        (YESTERDAY, False, "frozen", "not_started"),
    ]
    customers = bronze.execute("select distinct party_id from gold_candidate.dim_customer order by 1")
    assert [party for (party,) in customers] == ["ana", "lars", "mia"]


@pytest.mark.usefixtures("first_build")
def test_events_of_a_retired_party_are_the_survivors_and_a_leads_are_not_shown(bronze: Bronze) -> None:
    told = bronze.execute(
        "select party_id, event_type, source_event_id from gold_candidate.fct_journey_event"
        " where source_event_id in ('1', 'ana-again', 'E1', 'E2', '5', 'C3', 'C4')"
        " order by event_type, party_id"
    )
    assert told == [
        ("ana", "email_click", "E1"),
        ("lars", "kyc_verified", "C3"),
        ("ana", "party_created", "ana-again"),
        ("ana", "txn_purchase", "1"),
    ]


@pytest.mark.usefixtures("first_build")
def test_the_days_figures_can_be_counted_by_hand(bronze: Bronze) -> None:
    figures = bronze.execute(
        f"select metric_name, metric_value::int from gold_candidate.mart_daily_metrics"
        f" where metric_date = '{DAY}' order by 1"
    )
    assert figures == [
        ("active_customers", 1),
        ("customer_initiated_events", 2),
        ("email_clicks", 1),
        ("kyc_verified", 1),
    ]


@pytest.mark.usefixtures("first_build")
def test_a_value_that_does_not_cast_is_listed_by_its_shape_and_its_row_stays(bronze: Bronze) -> None:
    columns = "table_name, row_key, column_name, reason, value_shape"
    assert bronze.execute(f"select {columns} from silver.quarantine_core_banking") == [
        ("party", "mia", "date_of_birth", "does not cast to date", "9999-99-99")
    ]
    kept = "select date_of_birth from silver.stg_core_banking__party where party_id = 'mia'"
    assert bronze.execute(kept) == [(None,)]


def test_a_row_without_a_key_is_listed_in_quarantine_and_is_in_no_staging_model(
    bronze: Bronze, dbt: Dbt
) -> None:
    bronze.create()
    rows: list[dict[str, str | None]] = [
        {"account_id": None, "reviewed_at": NOON.isoformat()},
        {"account_id": "A1", "reviewed_at": "18 nov., noon"},
    ]
    bronze.land("raw_drop_account_reviews.review", rows, partition=DAY)
    dbt("run", "--select", "path:models/silver/staging/drop_account_reviews", partition=DAY)
    columns = "column_name, reason, value_shape"
    assert bronze.execute(f"select {columns} from silver.quarantine_drop_account_reviews order by 1") == [
        ("account_id", "the key is missing", None),
        ("reviewed_at", "does not cast to timestamp", "99 aaa.a aaaa"),
    ]
    assert bronze.execute("select * from silver.stg_drop_account_reviews__review") == []


def test_the_next_day_places_late_records_and_building_a_day_again_gives_the_same_rows(
    bronze: Bronze, dbt: Dbt
) -> None:
    bronze.create()
    land_first_day(bronze)
    dbt("run", "--exclude", "path:models/monitoring", partition=DAY)
    first_day = contents(bronze)
    assert {"dim_customer", "mart_weekly_funnel"} <= first_day.keys()
    land_next_day(bronze)

    dbt("run", "--exclude", "path:models/monitoring", partition=NEXT_DAY)
    assert history(bronze, "lars")[1] == (
        LAST_VISIT_OF_LARS + timedelta(days=5) + LAPSE,
        False,
        "active",
        "not_started",
    )
    assert history(bronze, "ana")[-1] == (NOON + timedelta(days=1), False, "active", "verified")
    # frozen on the 17th, cleared on the 19th, when the purchase of that day has become known too
    assert history(bronze, "mia")[-2:] == [
        (YESTERDAY, False, "frozen", "not_started"),
        (NOON + timedelta(days=1), True, "active", "not_started"),
    ]

    dbt("run", "--exclude", "path:models/monitoring", partition=DAY)
    assert contents(bronze) == first_day


def test_anomalies_are_judged_on_what_is_published_and_not_on_the_candidate(bronze: Bronze, dbt: Dbt) -> None:
    bronze.create()
    dbt("run", "--select", "mart_daily_metrics", "+mart_daily_metrics", partition=DAY)
    bronze.execute("create or replace schema gold clone gold_candidate")
    days = ", ".join(
        f"('{DAY - timedelta(days=n)}'::date, 'email_clicks', 10 + {n % 2})" for n in range(1, 8)
    )
    bronze.execute(f"insert into gold.mart_daily_metrics values {days}, ('{DAY}'::date, 'email_clicks', 40)")
    dbt("build", "--select", "path:models/monitoring", partition=DAY)
    found = bronze.execute("select metric_name, rule, actual::int, channel from monitoring.anomaly_detection")
    assert found == [("email_clicks", "out_of_range", 40, "#marketing-ops")]


def history(bronze: Bronze, party: str) -> list[tuple[datetime, bool, str, str]]:
    """(from, active, account status, KYC state) of each row of a customer; checks that they join up."""
    rows = bronze.records(
        f"select * from gold_candidate.dim_customer where party_id = '{party}' order by valid_from"
    )
    assert [row["valid_to"] for row in rows] == [*(row["valid_from"] for row in rows[1:]), None]
    return [
        (
            row["valid_from"].replace(tzinfo=NOON.tzinfo),
            row["is_active"],
            row["account_status"],
            row["kyc_state"],
        )
        for row in rows
    ]


def contents(bronze: Bronze) -> dict[str, list[tuple[Any, ...]]]:
    """Table -> all its rows, for every table that the build has made in gold."""
    tables = bronze.execute(
        "select lower(table_name) from information_schema.tables where table_schema = 'GOLD_CANDIDATE'"
    )
    return {
        table: sorted(bronze.execute(f"select * from gold_candidate.{table}"), key=str) for (table,) in tables
    }
