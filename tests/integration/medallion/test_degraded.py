"""A build goes on without a degradable source and says so; without a blocking one it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.contracts import SourceContract, load_sources
from include.governance import degraded, evidence, plan

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
KYC = load_sources()["kyc"]
CRM = replace(KYC, name="crm", criticality="degradable")
NPS = replace(KYC, name="nps", criticality="degradable")
ALL = (KYC, CRM, NPS)
STAGE = evidence.Stage("plan", TUESDAY, "medallion", "run-1", attempt=1)
Loaded = Callable[..., None]


@pytest.fixture
def loaded(cursor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loaded:
    """Call it to say that bronze holds days of a source."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path))
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {}}))
    cursor.execute("create schema raw_control")
    cursor.execute("create table raw_control.load_ledger (source varchar, partition date)")

    def load(source: SourceContract, *days: date) -> None:
        for day in days:
            cursor.execute(
                "insert into raw_control.load_ledger select %s, %s::date", (source.name, day.isoformat())
            )

    return load


def flagged(cursor: Any) -> list[tuple[Any, ...]]:
    cursor.execute(
        "select partition_key, run_id, source, latest_partition from governance.built_without "
        "order by recorded_at, source"
    )
    return list(cursor.fetchall())


def test_a_degradable_source_that_lacks_the_day_is_named_with_its_latest_day(
    cursor: Any, loaded: Loaded
) -> None:
    loaded(KYC, MONDAY, TUESDAY)
    loaded(CRM, MONDAY)
    plan.require_loaded(cursor, TUESDAY, ALL)
    assert degraded.record_sources(STAGE, ALL) == {"crm": MONDAY, "nps": None}
    assert flagged(cursor) == [(TUESDAY, "run-1", "crm", MONDAY), (TUESDAY, "run-1", "nps", None)]


def test_the_evidence_names_what_was_there_for_every_source(cursor: Any, loaded: Loaded) -> None:
    loaded(KYC, TUESDAY)
    loaded(CRM, MONDAY)
    degraded.record_sources(STAGE, ALL)
    cursor.execute("select stage, passed, detail from governance.run_evidence")
    ((stage, passed, detail),) = cursor.fetchall()
    assert (stage, passed) == ("plan", True)
    assert json.loads(detail)["sources"] == {"kyc": "2026-11-17", "crm": "2026-11-16", "nps": None}


def test_a_build_that_has_everything_is_flagged_with_nothing(cursor: Any, loaded: Loaded) -> None:
    for source in ALL:
        loaded(source, TUESDAY)
    assert degraded.record_sources(STAGE, ALL) == {}
    assert flagged(cursor) == []


def test_a_later_day_does_not_stand_in_for_the_one_that_is_built(cursor: Any, loaded: Loaded) -> None:
    for source in ALL:
        loaded(source, MONDAY, WEDNESDAY)
    assert degraded.record_sources(STAGE, ALL) == {"crm": MONDAY, "nps": MONDAY}
    assert {source for _, _, source, _ in flagged(cursor)} == {"crm", "nps"}


def test_a_rerun_that_has_the_source_leaves_both_on_record(cursor: Any, loaded: Loaded) -> None:
    for source in (KYC, NPS):
        loaded(source, TUESDAY)
    degraded.record_sources(STAGE, ALL)
    loaded(CRM, TUESDAY)
    assert degraded.record_sources(replace(STAGE, run_id="run-2"), ALL) == {}
    assert [(run, source) for _, run, source, _ in flagged(cursor)] == [("run-1", "crm")]


def test_a_blocking_source_that_lacks_the_day_still_refuses_the_build(cursor: Any, loaded: Loaded) -> None:
    loaded(CRM, TUESDAY)
    with pytest.raises(plan.PlanError, match="bronze of kyc has no load of 2026-11-17"):
        plan.require_loaded(cursor, TUESDAY, ALL)
