"""One bank day through all fourteen bronze DAGs under a real Airflow: a tiny bank and a large one.

What a task of the tiny bank takes is Airflow's start of a task and what ours costs without rows; what the
large bank takes beyond that is our work on rows.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from unittest import mock

import httpx

from include.sandbox.airflow_api import AirflowApi
from include.sandbox.bank.spec import MINIMUM_HISTORY
from include.sandbox.daily_run import MEDALLION, DailyRun
from include.sandbox.lifecycle import Sandbox
from include.sandbox.state import State
from include.sandbox.story import Size, Story, first_load
from include.warehouse.session import Warehouse


@dataclass(frozen=True)
class Day:
    """One partition of all sources.

    Attributes:
        seconds: from the first trigger to the end of the last run.
        rows: in bronze for the partition, all tables.
        tasks: how many task instances ran.
        task_seconds: per task of a run, the seconds of all its instances together.
    """

    people: int
    seconds: float
    rows: int
    tasks: int
    task_seconds: dict[str, float]


def day(folder: Path, people: int) -> Day:
    """Found a bank, load its short history, live one day and load it."""
    with ExitStack() as stack:
        sandbox = Sandbox(State(folder))
        stack.enter_context(mock.patch.dict(os.environ, sandbox.environment))
        stack.callback(sandbox.down, _say)
        story = Story(sandbox, _say, Size(people, MINIMUM_HISTORY))
        story.prepare()
        api = AirflowApi(sandbox.state.url("airflow"))
        _pause_medallion(sandbox)
        daily = DailyRun(api, _say, first_load())
        history = story.lived()[-1]
        daily.finish(daily.start_bronze(history.isoformat()))
        today = history + timedelta(days=1)
        story.live(today)
        return _loaded(api, today, people)


def _loaded(api: AirflowApi, today: date, people: int) -> Day:
    daily = DailyRun(api, _say)
    began = time.perf_counter()
    runs = daily.start_bronze(today.isoformat())
    daily.finish(runs)
    seconds = time.perf_counter() - began
    by_task: dict[str, float] = defaultdict(float)
    tasks = [task for run in runs for task in api.tasks(run)]
    for task in tasks:
        by_task[task.task_id] += task.seconds or 0.0
    return Day(people, seconds, _rows(today.isoformat()), len(tasks), dict(by_task))


def _rows(partition: str) -> int:
    with Warehouse().cursor() as cursor:
        cursor.execute(
            "select sum(row_count) from raw_control.load_ledger where partition = %s::date", (partition,)
        )
        return int(cursor.fetchall()[0][0])


def _pause_medallion(sandbox: Sandbox) -> None:
    """Bronze is what is measured, and its assets would start silver beside it."""
    url = f"{sandbox.state.url('airflow')}/api/v2/dags/{MEDALLION}"
    httpx.patch(url, json={"is_paused": True}, timeout=60).raise_for_status()


def _say(line: str) -> None:
    sys.stderr.write(f"  {line}\n")
