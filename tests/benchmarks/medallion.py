"""One day's silver and gold: the DAG `medallion` against a bare `dbt build` of the same models and tests.

Both begin with the same warehouse, byte for byte: a history that was published and one day more in bronze.
Airflow idles beside the bare build.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

from include.sandbox.airflow_api import AirflowApi
from include.sandbox.bank.spec import MINIMUM_HISTORY
from include.sandbox.daily_run import MEDALLION, DailyRun
from include.sandbox.lifecycle import Sandbox
from include.sandbox.state import State
from include.sandbox.story import Size, Story, first_load
from include.warehouse.dbt_project import PROJECT
from tests.benchmarks.day import pause_medallion, rows_of, say

DBT = str(Path(sys.executable).with_name("dbt"))
BUILD = ("build", "--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class Races:
    """Seconds of each round.

    Attributes:
        rows: of the day in bronze.
        airflow: of the DAG run, from its start to its end.
        bare: of the command, its own start included.
    """

    people: int
    rows: int
    airflow: list[float]
    bare: list[float]


def races(folder: Path, people: int, rounds: int) -> Races:
    """Publish a short history, load one day more into bronze, and build that day by turns."""
    with ExitStack() as stack:
        sandbox = Sandbox(State(folder))
        stack.enter_context(mock.patch.dict(os.environ, sandbox.environment))
        stack.callback(sandbox.down, say)
        story = Story(sandbox, say, Size(people, MINIMUM_HISTORY))
        story.prepare()
        api = AirflowApi(sandbox.state.url("airflow"))
        history = story.lived()[-1]
        DailyRun(api, say, first_load()).run(history.isoformat())
        pause_medallion(sandbox, paused=True)
        today = history + timedelta(days=1)
        story.live(today)
        daily = DailyRun(api, say)
        daily.finish(daily.start_bronze(today.isoformat()))
        before = folder / "before"
        with _stopped(sandbox):
            shutil.copytree(sandbox.state.folder("warehouse"), before)
        pause_medallion(sandbox, paused=False)
        daily.finish_medallion(today.isoformat())  # not counted: the asset's own run, and everything is warm
        airflow, bare = [], []
        for _ in range(rounds):
            _back_to(before, sandbox)
            bare.append(_bare(folder, today))
            _back_to(before, sandbox)
            airflow.append(_under_airflow(api, daily, today))
        return Races(people, rows_of(today.isoformat()), airflow, bare)


def _bare(folder: Path, day: date) -> float:
    environment = {
        **os.environ,
        "DBT_PARTITION": day.isoformat(),
        "DBT_TARGET_PATH": str(folder / "bare" / "target"),
        "DBT_LOG_PATH": str(folder / "bare" / "logs"),
    }
    places = ("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--quiet")
    subprocess.run([DBT, "parse", *places], env=environment, check=True)
    began = time.perf_counter()
    subprocess.run([DBT, *BUILD, *places], env=environment, check=True)
    return time.perf_counter() - began


def _under_airflow(api: AirflowApi, daily: DailyRun, day: date) -> float:
    run = api.trigger(MEDALLION, day.isoformat(), {})
    daily.finish([run])
    return api.run(run.dag_id, run.run_id).seconds or 0.0


@contextmanager
def _stopped(sandbox: Sandbox) -> Iterator[None]:
    sandbox.warehouse.stop()
    yield
    sandbox.up(say)


def _back_to(before: Path, sandbox: Sandbox) -> None:
    state = sandbox.state.folder("warehouse")
    with _stopped(sandbox):
        shutil.rmtree(state)
        shutil.copytree(before, state)
