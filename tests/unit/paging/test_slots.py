from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from include.contracts import load_sources
from include.extract.cdc.health import ALERT_SHARE, UNLIMITED_BUDGET, SlotHealth, State
from include.paging import slots
from tests.unit.paging.test_overlooked import Told

CORE = load_sources()["core_banking"]
TUESDAY, WEDNESDAY = date(2026, 11, 17), date(2026, 11, 18)
GIB = 1 << 30
WELL = SlotHealth(CORE.name, "slot", "present", lag=5, kept=10, limit=GIB)


def told(health: SlotHealth, airflow: Told | None = None, *loaded: date) -> str | None:
    found = slots.trouble(CORE, health, frozenset(loaded or (TUESDAY,)), airflow or Told())
    return found.trouble if found else None


def test_a_slot_is_told_before_it_reaches_its_budget() -> None:
    assert told(replace(WELL, kept=int(ALERT_SHARE * GIB) - 1)) is None
    assert told(replace(WELL, kept=int(ALERT_SHARE * GIB))) == "grows"
    assert ALERT_SHARE < 1


def test_a_server_without_a_limit_has_a_budget_all_the_same() -> None:
    assert replace(WELL, limit=None).budget == UNLIMITED_BUDGET
    assert told(replace(WELL, limit=None, kept=UNLIMITED_BUDGET)) == "grows"


@pytest.mark.parametrize("state", ["lost", "missing"])
def test_a_slot_that_holds_nothing_any_more_is_told(state: State) -> None:
    assert told(replace(WELL, state=state)) == state


def test_a_source_that_was_never_loaded_needs_no_slot() -> None:
    assert slots.trouble(CORE, replace(WELL, state="missing"), frozenset(), Told()) is None


def test_while_a_run_makes_the_slot_anew_nobody_is_told() -> None:
    busy = Told().has(CORE.dag_id, TUESDAY, "manual", "running")
    assert told(replace(WELL, state="missing"), busy) is None


def test_a_run_that_stumbled_over_the_loss_pages_by_its_own_deadline() -> None:
    failed = Told().has(CORE.dag_id, WEDNESDAY, "scheduled", "failed")
    assert told(replace(WELL, state="lost"), failed) is None


def test_a_slot_that_grew_and_was_then_lost_is_two_pages() -> None:
    grown = slots.trouble(CORE, replace(WELL, kept=GIB), frozenset({TUESDAY}), Told())
    lost = slots.trouble(CORE, replace(WELL, state="lost"), frozenset({TUESDAY}), Told())
    assert grown
    assert lost
    assert grown.subject != lost.subject
