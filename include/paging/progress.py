"""How far a run is, asked from inside the triggerer.

The triggerer has no metadata database (Airflow blocks it there), which leaves two doors:

- Airflow's REST API, through the connection ``airflow_api``: every task with its state, try and times, and
  when gold was last published. Needs an account (viewer is enough) and a living API server.
- The triggerer's own supervisor, which answers ``GetDagRunState`` and ``GetTaskStates`` without network or
  account, but with nothing else than states. The official provider's triggers use it the same way.

The run's state comes from the second. Its tasks come from the first, and from the second when the first is
shut: a page sent while the API server is down names the tasks, without times.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from airflow.sdk import DagRunState
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from include.paging import airflow_api

MEDALLION = "medallion"
PLAN, PUBLISH = "plan", "publish"

# Most telling first. Not here: success, skipped, removed (done), upstream_failed and no state (waiting for
# one of these).
HOLDING = (
    "failed",
    "up_for_retry",
    "running",
    "restarting",
    "awaiting_input",
    "deferred",
    "up_for_reschedule",
    "queued",
    "scheduled",
)

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TaskProgress:
    """One task that holds a run up. Times are aware; what only the REST API knows may be None."""

    task_id: str
    state: str
    map_index: int = -1
    since: datetime | None = None
    try_number: int | None = None
    max_tries: int | None = None


@dataclass(frozen=True)
class Publication:
    """The last time that gold was published."""

    partition_key: str
    at: datetime


def run_state(dag_id: str, run_id: str, otherwise: str) -> str:
    """The run's state at this moment; ``otherwise`` if Airflow cannot say."""
    try:
        # Declared as text, but the supervisor answers with the enumeration's member.
        return DagRunState(RuntimeTaskInstance.get_dagrun_state(dag_id=dag_id, run_id=run_id)).value
    except Exception:  # a page with a second-old state is better than no page
        log.exception("could not ask for the state of %s %s", dag_id, run_id)
        return otherwise


def has_published(dag_id: str, run_id: str) -> bool:
    """Whether the run has published gold; what follows only judges it. False if Airflow cannot say."""
    try:
        states = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id], task_ids=[PUBLISH])
    except Exception:  # gold may be out and the page say that it is late: better than the other way round
        log.exception("could not ask whether %s %s has published", dag_id, run_id)
        return False
    return bool(states.get(run_id, {}).get(PUBLISH) == "success")


def tasks_holding_up(dag_id: str, run_id: str) -> tuple[TaskProgress, ...]:
    """The tasks that keep the run from finishing, most telling first. Empty if Airflow cannot say."""
    try:
        path = f"/dags/{quote(dag_id)}/dagRuns/{quote(run_id, safe='')}/taskInstances"
        with airflow_api.session() as get:
            tasks: Iterable[TaskProgress] = _from_api(get(path, state=HOLDING, limit=100))
    except Exception as error:  # the page must go out whatever is broken here
        log.warning("task times are unknown: %s %s", type(error).__name__, error)
        tasks = _from_supervisor(dag_id, run_id)
    return tuple(sorted(tasks, key=lambda task: (HOLDING.index(task.state), task.task_id, task.map_index)))


def last_publication() -> Publication | None:
    """The last successful ``publish`` of ``medallion``; None if there is none or Airflow cannot say."""
    try:
        with airflow_api.session() as get:
            found = get(
                f"/dags/{MEDALLION}/dagRuns/~/taskInstances",
                task_id=PUBLISH,
                state="success",
                order_by="-end_date",
                limit=1,
            )["task_instances"]
            if not found:
                return None
            # What `plan` chose, not the run's own partition: a rerun of an old day builds the newest one.
            run_id = quote(found[0]["dag_run_id"], safe="")
            plan = f"/dags/{MEDALLION}/dagRuns/{run_id}/taskInstances/{PLAN}"
            day = get(f"{plan}/xcomEntries/return_value", deserialize=True)["value"]
        return Publication(partition_key=day, at=datetime.fromisoformat(found[0]["end_date"]))
    except Exception as error:
        log.warning("the last publication is unknown: %s %s", type(error).__name__, error)
        return None


def _from_api(answer: Mapping[str, Any]) -> list[TaskProgress]:
    return [
        TaskProgress(
            task_id=task["task_id"],
            state=task["state"],
            map_index=task["map_index"],
            since=_since(task),
            try_number=task["try_number"],
            max_tries=task["max_tries"] + 1,
        )
        for task in answer["task_instances"]
        if task["state"] in HOLDING
    ]


def _since(task: Mapping[str, Any]) -> datetime | None:
    """Since when a task is in its state: the newest of the moments that Airflow noted for it."""
    columns = {
        "failed": "end_date",
        "up_for_retry": "end_date",
        "queued": "queued_when",
        "scheduled": "scheduled_when",
    }
    moment = task[columns.get(task["state"], "start_date")]
    return datetime.fromisoformat(moment) if moment else None


def _from_supervisor(dag_id: str, run_id: str) -> Iterable[TaskProgress]:
    try:
        states = RuntimeTaskInstance.get_task_states(dag_id=dag_id, run_ids=[run_id]).get(run_id, {})
    except Exception:
        log.exception("the tasks of %s %s are unknown", dag_id, run_id)
        return []
    return [TaskProgress(task_id=name, state=state) for name, state in states.items() if state in HOLDING]
