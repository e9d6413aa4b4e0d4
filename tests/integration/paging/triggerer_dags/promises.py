"""Two DAGs with the real deadlines of their contracts, and tasks that wait until the test lets them go."""

from __future__ import annotations

import os
import time
from pathlib import Path

from airflow.sdk import DAG, CronPartitionTimetable, Param, task

from include.contracts import load_metric_contract, load_sources
from include.paging.deadlines import bronze_deadline, medallion_deadline

GATES = Path(os.environ["PAGING_TEST_GATES"])
# Partitioned, so that a run may be asked for by its key; started by the test alone.
NEVER = CronPartitionTimetable("0 0 30 2 *", timezone="America/Toronto", key_format="%Y-%m-%d")
DUE_BY = {"due_by": Param(None, type=["null", "string"], format="date-time")}


def wait_for_the_test(run_id: str) -> None:
    """Until the file ``<run_id>.<word>`` is there: ``go`` ends the task well, ``break`` badly."""
    while True:
        if (GATES / f"{run_id}.go").exists():
            return
        if (GATES / f"{run_id}.break").exists():
            raise RuntimeError("the test broke this task")
        time.sleep(0.2)


@task(retries=0)
def extract(run_id: str | None = None) -> None:
    """Hold the run up."""
    wait_for_the_test(str(run_id))


@task
def plan() -> str:
    """Like medallion's: the day that the run builds, here another than the run's partition."""
    return "2026-11-20"


@task
def publish() -> None:
    """Stands for the publication that a page mentions."""


@task(retries=0)
def judge(run_id: str | None = None, params: dict[str, str | None] | None = None) -> None:
    """Like what follows medallion's publication: holds a run up that has a deadline."""
    if params and params["due_by"]:
        wait_for_the_test(str(run_id))


with DAG("bronze_kyc", schedule=NEVER, params=DUE_BY, deadline=bronze_deadline(load_sources()["kyc"])):
    extract()

with DAG("medallion", schedule=NEVER, params=DUE_BY, deadline=medallion_deadline(load_metric_contract())):
    plan() >> publish() >> judge()
