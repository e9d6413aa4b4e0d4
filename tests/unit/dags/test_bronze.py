"""The bronze DAGs as Airflow sees them, and what their tasks do with errors."""

from __future__ import annotations

import itertools
import subprocess
import sys
from datetime import date, timedelta
from types import ModuleType
from typing import Any

import pytest
from airflow.sdk import DAG, CronPartitionTimetable
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError

from include.contracts import load_sources
from include.extract.errors import (
    ContractViolationError,
    DamagedFileError,
    SourceNotReadyError,
    SourceUnavailableError,
)
from include.landing.manifest import LandingError
from tests.unit.dags.parsing import HEAVY, REPOSITORY, parsed

SOURCES = load_sources()


@pytest.fixture(scope="module")
def module() -> ModuleType:
    """`dags/bronze.py`."""
    return parsed("bronze")


@pytest.fixture(params=sorted(SOURCES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def dag(module: ModuleType, name: str) -> Any:
    return getattr(module, SOURCES[name].dag_id)


def test_there_is_a_dag_for_every_contract_and_no_other(module: ModuleType) -> None:
    dags = {value.dag_id for value in vars(module).values() if isinstance(value, DAG)}
    assert dags == {contract.dag_id for contract in SOURCES.values()}


def test_it_says_what_it_is_for_whose_it_is_when_it_is_due_and_what_to_do(dag: Any, name: str) -> None:
    contract = SOURCES[name]
    for told in (
        contract.purpose,
        contract.owner,
        contract.channel,
        f"{contract.due:%H:%M}",
        "When it fails",
    ):
        assert told in dag.doc_md
    assert "{" not in dag.doc_md
    assert {task.owner for task in dag.tasks} == {contract.owner}
    assert set(dag.tags) == {"bronze", contract.kind, contract.criticality}


def test_the_steps_follow_each_other(dag: Any) -> None:
    for earlier, later in itertools.pairwise(["prepare", "extract", "admit", "load", "audit", "confirm"]):
        assert earlier in dag.get_task(later).get_flat_relative_ids(upstream=True)


def test_every_task_is_described_retried_and_cannot_hang(dag: Any) -> None:
    for task in dag.tasks:
        assert task.doc_md or task.python_callable.__doc__
        assert task.retries >= 3
        assert task.execution_timeout


def test_a_late_source_is_waited_for_until_after_its_deadline(dag: Any) -> None:
    extract = dag.get_task("extract")
    waited, delay = timedelta(), extract.retry_delay
    for _ in range(extract.retries):
        waited += delay
        delay = min(delay * extract.retry_exponential_backoff, extract.max_retry_delay)
    assert timedelta(hours=1) < waited < dag.dagrun_timeout
    assert extract.max_retry_delay <= timedelta(minutes=2)


def test_only_the_last_step_announces_the_partition(dag: Any, name: str) -> None:
    announced = {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks if task.outlets}
    assert announced == {"confirm": [SOURCES[name].asset_uri]}


def test_one_source_is_read_and_loaded_by_one_run_at_a_time(dag: Any) -> None:
    assert dag.max_active_runs == 1
    for step in ("extract", "load"):
        assert dag.get_task(step).max_active_tis_per_dag == 1


def test_a_day_is_loaded_the_morning_after_and_has_a_deadline(dag: Any) -> None:
    assert isinstance(dag.timetable, CronPartitionTimetable)
    assert not dag.catchup
    assert dag.deadline


def test_parameters_are_optional_and_typed(dag: Any, name: str) -> None:
    expected = {"due_by", "resnapshot"} if SOURCES[name].kind == "cdc" else {"due_by", "since"}
    assert set(dag.params) == expected
    dag.params.validate()
    wrong = {"due_by": 5, "since": 5, "resnapshot": "yes"}
    for parameter in expected:
        with pytest.raises(ParamValidationError):
            dag.params.get_param(parameter).resolve(wrong[parameter])


def test_parsing_loads_no_heavy_library() -> None:
    """Airflow parses DAG files all day: what only a task needs is imported by the task."""
    code = (
        "import sys; sys.path.insert(0, 'dags'); import bronze; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("error", [ContractViolationError, DamagedFileError])
def test_an_error_that_retrying_cannot_change_stops_the_task_with_its_message(
    module: ModuleType, error: type[Exception]
) -> None:
    with pytest.raises(AirflowFailException, match="what to do"), module.stop_where_retrying_cannot_help():
        raise error("what to do")


@pytest.mark.parametrize("error", [SourceNotReadyError, SourceUnavailableError, LandingError, OSError])
def test_an_error_that_may_pass_is_left_to_the_retries(module: ModuleType, error: type[Exception]) -> None:
    with pytest.raises(error), module.stop_where_retrying_cannot_help():
        raise error("what to do")


def test_a_run_without_a_partition_key_is_told_to_bring_one(module: ModuleType) -> None:
    with pytest.raises(AirflowFailException, match="trigger the DAG again with one, such as 2026-11-18"):
        module.window_of(None, None)


@pytest.mark.parametrize(
    ("key", "since"), [("yesterday", None), ("2026-11-18", "2026-11-19"), ("2026-11-18", "last week")]
)
def test_a_window_that_makes_no_sense_stops_the_task(module: ModuleType, key: str, since: str | None) -> None:
    with pytest.raises(AirflowFailException, match="such as 2026-11-18"):
        module.window_of(key, since)


def test_the_window_is_the_partition_and_the_history_asked_for(module: ModuleType) -> None:
    window = module.window_of("2026-11-18", "2026-11-16")
    assert [day.day for day in window.days()] == [16, 17, 18]
    assert window.partition == date(2026, 11, 18)
