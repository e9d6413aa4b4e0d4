"""dbt's artefacts on the stage from which catalogues read them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.governance import artifacts

DAY = date(2026, 11, 17)
RUN = "scheduled__2026-11-18T08:00:00+00:00"
OF_RUN = "2026-11-17/scheduled__2026-11-18T08_00_00_00_00"


@dataclass
class Task:
    """What Airflow tells a task of itself."""

    task_id: str
    run_id: str = RUN
    dag_id: str = "medallion"
    try_number: int = 1

    def xcom_pull(self, task_ids: str) -> str:
        assert task_ids == "plan"
        return DAY.isoformat()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder as dbt leaves it."""
    (tmp_path / "target").mkdir()
    for name in ("manifest.json", "catalog.json", "run_results.json"):
        (tmp_path / "target" / name).write_text(json.dumps({"metadata": {"of": name}}))
    return tmp_path


def staged(cursor: Any) -> set[str]:
    cursor.execute(f"list @{artifacts.STAGE}")
    return {str(row[0]).partition("/")[2] for row in cursor.fetchall()}


def test_what_describes_a_run_is_kept_under_the_run_and_as_the_latest(cursor: Any, project: Path) -> None:
    artifacts.keep_description_task(str(project), context={"ti": Task("keep_artifacts")})
    assert staged(cursor) == {
        f"{place}/{name}" for place in (OF_RUN, "latest") for name in ("manifest.json", "catalog.json")
    }


def test_results_are_kept_by_stage(cursor: Any, project: Path) -> None:
    for task in ("silver.dbt_producer_watcher", "test_gold"):
        artifacts.keep_results_task(str(project), context={"ti": Task(task)})
    assert staged(cursor) == {
        f"{place}/{stage}/run_results.json"
        for place in (OF_RUN, "latest")
        for stage in ("silver", "test_gold")
    }


def test_a_models_own_task_does_not_write_over_the_results_of_all(cursor: Any, project: Path) -> None:
    artifacts.keep_results_task(str(project), context={"ti": Task("gold.dbt_producer_watcher")})
    artifacts.keep_results_task(str(project), context={"ti": Task("gold.dim_customer_run")})
    assert staged(cursor) == {f"{place}/gold/run_results.json" for place in (OF_RUN, "latest")}


def test_a_task_that_runs_again_writes_its_files_over(cursor: Any, project: Path) -> None:
    for _ in range(2):
        artifacts.keep_description_task(str(project), context={"ti": Task("keep_artifacts")})
    assert len(staged(cursor)) == 4


def test_half_a_file_is_not_kept(cursor: Any, project: Path) -> None:
    (project / "target" / "manifest.json").write_text('{"metadata": {"of"')
    with pytest.raises(json.JSONDecodeError):
        artifacts.keep_description_task(str(project), context={"ti": Task("keep_artifacts")})
    assert staged(cursor) == set()


def test_results_that_cannot_be_kept_do_not_undo_what_dbt_did(
    project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(
        "AIRFLOW_CONN_SNOWFLAKE", json.dumps({"conn_type": "snowflake", "extra": {"account": "x"}})
    )

    def unreachable(*_: Any, **__: Any) -> Any:
        raise ConnectionError("no warehouse")

    monkeypatch.setattr(artifacts, "Warehouse", unreachable)
    artifacts.keep_results_task(str(project), context={"ti": Task("test_gold")})
    assert "run_results.json of test_gold was not kept" in caplog.text
