"""The deadline reference, evaluated by Airflow itself against a real metadata database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """Case -> what Airflow stored, from one fresh SQLite metadata database."""
    home = tmp_path_factory.mktemp("airflow")
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "PYTHONPATH": str(REPOSITORY),
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    run("-m", "airflow", "db", "migrate")
    run("-m", "airflow", "dags", "reserialize")
    return json.loads(run(str(HERE / "runs_of_each_kind.py")).splitlines()[-1])


def test_a_scheduled_run_is_due_on_the_day_after_its_partition(outcome: dict[str, str | None]) -> None:
    assert outcome["scheduled"] == "2026-11-19T09:00:00+00:00"


def test_a_scheduled_run_without_partition_key_is_created_without_deadline(
    outcome: dict[str, str | None],
) -> None:
    assert outcome["scheduled without key"] is None


def test_a_backfill_never_has_a_deadline_not_even_with_due_by(outcome: dict[str, str | None]) -> None:
    assert outcome["backfill"] is None


def test_an_asset_triggered_run_queued_in_time_is_due(outcome: dict[str, str | None]) -> None:
    day_after = date.fromisoformat(str(outcome["future"])) + timedelta(days=1)
    assert str(outcome["asset, before due"]).startswith(f"{day_after}T0")


def test_an_asset_triggered_run_queued_too_late_is_silent_because_its_source_has_paged(
    outcome: dict[str, str | None],
) -> None:
    assert outcome["asset, after due"] is None


def test_a_manual_run_is_due_only_where_its_due_by_says(outcome: dict[str, str | None]) -> None:
    assert outcome["manual"] is None
    assert outcome["manual with due_by"] == f"{outcome['future']}T11:30:00+00:00"


def test_a_run_triggered_by_another_dag_is_treated_as_manual(outcome: dict[str, str | None]) -> None:
    assert outcome["operator with due_by"] == f"{outcome['future']}T11:30:00+00:00"


def test_an_unreadable_due_by_refuses_the_run_and_says_how_to_write_it(
    outcome: dict[str, str | None],
) -> None:
    assert "write 2026-11-18T06:30" in str(outcome["manual with nonsense"])


def test_clearing_a_run_before_its_deadline_keeps_the_deadline(outcome: dict[str, str | None]) -> None:
    assert outcome["cleared"] == "queued, deadline kept"
