"""What a run builds for, given what bronze and gold hold."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from include.contracts import load_sources
from include.governance import gold_sets, publication, steps
from include.governance.plan import PlanError

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
ALL = ["silver", "gold", "checks", "publish", "anomalies"]


@pytest.fixture
def ledger(cursor: Any) -> Any:
    """A load ledger; call it to say that sources loaded a day."""
    cursor.execute("create schema raw_control")
    cursor.execute(
        "create table raw_control.load_ledger (source varchar, table_name varchar, partition date)"
    )

    def loaded(day: date, *sources: str) -> None:
        for source in sources:
            cursor.execute(
                "insert into raw_control.load_ledger values (%s, 't', %s::date)", (source, day.isoformat())
            )

    return loaded


def published(cursor: Any, day: date) -> None:
    publication.begin(cursor, day, "run")
    cursor.execute("create or replace table gold_candidate.dim_customer as select 1 as id")
    gold_sets.seal_candidate(cursor, day, "run", frozenset({"dim_customer"}), {})
    publication.publish(cursor, day, "run")


def test_a_day_that_all_sources_loaded_is_built(ledger: Any) -> None:
    ledger(MONDAY, *load_sources())
    assert steps.partition_to_build("2026-11-16", ALL) == MONDAY


def test_missing_bronze_is_named_with_the_dags_that_load_it(ledger: Any) -> None:
    ledger(MONDAY, *load_sources())
    late = ("kyc", "marketing_automation")
    ledger(TUESDAY, *(name for name in load_sources() if name not in late))
    with pytest.raises(PlanError) as refused:
        steps.partition_to_build("2026-11-17", ALL)
    assert "bronze of kyc, marketing_automation has no load of 2026-11-17" in str(refused.value)
    assert "run bronze_kyc, bronze_marketing_automation for that partition first" in str(refused.value)


def test_an_old_day_is_built_for_the_published_day(ledger: Any, cursor: Any) -> None:
    for day in (MONDAY, TUESDAY):
        ledger(day, *load_sources())
    published(cursor, TUESDAY)
    assert steps.partition_to_build("2026-11-16", ALL) == TUESDAY


def test_after_an_undo_the_day_of_the_restored_set_counts(ledger: Any, cursor: Any) -> None:
    ledger(MONDAY, *load_sources())
    published(cursor, MONDAY)
    published(cursor, TUESDAY)
    publication.undo(cursor)
    assert steps.partition_to_build("2026-11-16", ALL) == MONDAY
