"""The DAG ``watchdog`` as Airflow sees it."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import CronTriggerTimetable

from include.contracts import load_metric_contract, load_sources
from include.paging.schedule import CHECK_EVERY
from include.tags import Tag
from tests.unit.dags.parsing import HEAVY, REPOSITORY, parsed


@pytest.fixture(scope="module")
def dag() -> Any:
    return parsed("watchdog").dag


def test_it_says_what_it_is_for_whose_it_is_what_it_promises_and_what_to_do(dag: Any) -> None:
    contract = load_metric_contract()
    for told in (contract.owner, contract.channel, "every 5 minutes", "a-run-never-started", "When it fails"):
        assert told in dag.doc_md
    assert "{" not in dag.doc_md
    assert {task.owner for task in dag.tasks} == {contract.owner}
    assert set(dag.tags) <= set(Tag)
    for task in dag.tasks:
        assert task.python_callable.__doc__
        assert f"**{task.task_id}**" in dag.doc_md


def test_it_waits_for_no_other_dag_and_for_no_source(dag: Any) -> None:
    assert not any(task.inlets or task.outlets for task in dag.tasks)
    assert not dag.timetable.asset_condition
    watched = {source.dag_id for source in load_sources().values()} | {"medallion"}
    assert dag.dag_id not in watched


def test_one_watch_that_fails_does_not_blind_the_other(dag: Any) -> None:
    assert all(not task.upstream_task_ids for task in dag.tasks)
    assert len(dag.tasks) == 2


def test_it_runs_by_its_own_clock_and_never_for_the_past(dag: Any) -> None:
    from airflow.timetables import trigger
    from airflow.timetables.base import TimeRestriction

    assert isinstance(dag.timetable, CronTriggerTimetable)
    timetable = trigger.CronTriggerTimetable(dag.timetable.expression, timezone="America/Toronto")
    now = datetime.now(UTC)
    restriction = TimeRestriction(earliest=dag.start_date, latest=None, catchup=dag.catchup)
    first = timetable.next_dagrun_info(last_automated_data_interval=None, restriction=restriction)
    assert first is not None
    assert now - CHECK_EVERY <= first.run_after <= now + CHECK_EVERY
    following = timetable.next_dagrun_info(
        last_automated_data_interval=first.data_interval, restriction=restriction
    )
    assert following is not None
    assert following.run_after - first.run_after == CHECK_EVERY


def test_a_check_that_hangs_makes_room_for_the_next(dag: Any) -> None:
    assert dag.max_active_runs == 1
    assert dag.dagrun_timeout <= CHECK_EVERY
    for task in dag.tasks:
        tries = task.retries + 1
        assert task.execution_timeout * tries + task.retry_delay * task.retries <= dag.dagrun_timeout
        assert task.execution_timeout >= timedelta(minutes=1)


def test_parsing_loads_no_heavy_library() -> None:
    code = (
        "import sys; sys.path.insert(0, 'dags'); import watchdog; "
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
