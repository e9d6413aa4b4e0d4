"""What a run leaves in ``governance.run_evidence``."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.governance import evidence

STAGE = evidence.Stage("gold", date(2026, 11, 17), "medallion", "run-1", attempt=2)


@pytest.fixture(autouse=True)
def artefacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder as dbt leaves it, whose manifest is also the deployed one."""
    monkeypatch.setenv("DBT_TARGET_PATH", str(tmp_path / "target"))
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "manifest.json").write_text(json.dumps({"nodes": {}}))
    return tmp_path


def rows(cursor: Any) -> list[tuple[Any, ...]]:
    cursor.execute(
        "select stage, partition_key, run_id, attempt, passed, detail from governance.run_evidence"
    )
    return [(*row[:5], json.loads(row[5])) for row in cursor.fetchall()]


def ran(folder: Path, **statuses: str) -> None:
    results = [{"unique_id": name.replace("__", "."), "status": status} for name, status in statuses.items()]
    (folder / "target" / "run_results.json").write_text(json.dumps({"elapsed_time": 3.2, "results": results}))


def test_a_dbt_run_is_recorded_with_its_counts_day_and_versions(cursor: Any, artefacts: Path) -> None:
    ran(artefacts, model__p__dim_customer="success", model__p__fct="success")
    evidence.record_dbt(artefacts, STAGE)
    detail = {"counts": {"model": {"success": 2}}, "failed": [], "seconds": 3.2}
    assert rows(cursor) == [("gold", date(2026, 11, 17), "run-1", 2, True, detail)]
    cursor.execute("select versions from governance.run_evidence")
    assert set(json.loads(cursor.fetchone()[0])) == {"code", "models", "definitions", "contracts"}


def test_a_dbt_run_with_a_failed_test_is_recorded_as_failed(cursor: Any, artefacts: Path) -> None:
    ran(artefacts, test__p__unique="fail")
    evidence.record_dbt(artefacts, STAGE)
    ((*_, passed, detail),) = rows(cursor)
    assert (passed, detail["failed"]) == (False, ["test.p.unique"])


def test_a_stage_that_raises_is_recorded_with_its_error_and_still_raises(cursor: Any) -> None:
    def work() -> None:
        with evidence.recording(STAGE) as outcome:
            outcome.detail = {"tables": 3}
            raise ValueError("no candidate")

    with pytest.raises(ValueError, match="no candidate"):
        work()
    ((*_, passed, detail),) = rows(cursor)
    assert (passed, detail) == (False, {"tables": 3, "error": "ValueError: no candidate"})


def test_the_error_of_a_stage_is_not_hidden_by_a_warehouse_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise ConnectionError("the warehouse is gone")

    monkeypatch.setattr(evidence, "record", gone)
    with pytest.raises(ValueError, match="what really happened"), evidence.recording(STAGE):
        raise ValueError("what really happened")
