"""Makes the metadata database of AIRFLOW_HOME and, as it is told to, the runs the scheduler would have left.

A program of its own, because Airflow reads its configuration when it is imported. Each line of its input is a
JSON list of runs: dag_id, run_type, state, partition_key and, for one that has ended, end_date. They take the
place of all that there were. Each line is answered with one.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

from airflow.cli.cli_parser import get_parser
from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select
from sqlalchemy.orm import Session


def airflow(*arguments: str) -> None:
    """A command of Airflow, without another interpreter."""
    told = get_parser().parse_args(arguments)
    told.func(told)


def create(session: Session, number: int, told: dict[str, Any]) -> None:
    dag = DBDagBag().get_latest_version_of_dag(told["dag_id"], session=session)
    now = datetime.now(UTC)
    run = dag.create_dagrun(
        run_id=f"{told['run_type']}__{now.isoformat()}__{number}",
        run_type=DagRunType(told["run_type"]),
        run_after=now,
        state=DagRunState.QUEUED,
        triggered_by=DagRunTriggeredByType.TEST,
        partition_key=told["partition_key"],
        session=session,
    )
    run.set_state(DagRunState(told["state"]))
    if told["end_date"]:
        run.end_date = datetime.fromisoformat(told["end_date"])


# What Airflow says goes to the log; only answers to whoever asked.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
airflow("db", "migrate")
airflow("dags", "reserialize")
print("ready", file=answers, flush=True)
for line in sys.stdin:
    with create_session() as session:
        for run in session.scalars(select(DagRun)).all():
            session.delete(run)
        session.flush()
        for number, told in enumerate(json.loads(line)):
            create(session, number, told)
    print("done", file=answers, flush=True)
