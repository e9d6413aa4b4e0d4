"""Creates a run of each kind in the metadata database of AIRFLOW_HOME and prints what became of each.

A program of its own, because Airflow reads its configuration when it is imported. The DAG ``due_at_four``
must have been serialised. Prints one JSON object: name of the case -> deadline in UTC, null, or the refusal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.models.deadline import Deadline
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunTriggeredByType, DagRunType
from sqlalchemy import select
from sqlalchemy.orm import Session

PAST, FUTURE = "2026-01-10", str(date.today() + timedelta(days=400))  # noqa: DTZ011 - far from any border


def deadlines(session: Session, run: DagRun) -> list[Deadline]:
    """The deadlines that Airflow keeps for a run."""
    session.flush()
    return list(session.scalars(select(Deadline).where(Deadline.dagrun_id == run.id)))


def create(session: Session, run_type: DagRunType, **fields: Any) -> DagRun:
    """A queued run, made the way the scheduler and the API server make it."""
    dag = DBDagBag().get_latest_version_of_dag("due_at_four", session=session)
    now = datetime.now(UTC)
    return dag.create_dagrun(
        run_id=f"{run_type}__{now.isoformat()}",
        run_type=run_type,
        run_after=now,
        state=DagRunState.QUEUED,
        triggered_by=DagRunTriggeredByType.TEST,
        session=session,
        **fields,
    )


def one_deadline(run_type: DagRunType, **fields: Any) -> str | None:
    """Create a run; its deadline in UTC, or None. Whoever asks wrongly gets the refusal."""
    with create_session() as session:
        try:
            run = create(session, run_type, **fields)
        except ValueError as refusal:
            session.rollback()
            return str(refusal)
        found = deadlines(session, run)
        assert len(found) <= 1, f"{len(found)} deadlines for one run"
        return found[0].deadline_time.astimezone(UTC).isoformat() if found else None


def cleared_before_its_deadline() -> str | None:
    """Finish a task, clear the run, and see whether its deadline is still there."""
    with create_session() as session:
        run = create(session, DagRunType.SCHEDULED, partition_key=FUTURE)
        before = [deadline.id for deadline in deadlines(session, run)]
        for task in run.get_task_instances(session=session):
            task.set_state("failed", session=session)
        run.set_state(DagRunState.FAILED)
        session.flush()
        dag = DBDagBag().get_latest_version_of_dag("due_at_four", session=session)
        dag.clear(run_id=run.run_id, session=session)
        after = [deadline.id for deadline in deadlines(session, run)]
        return f"{run.state}, deadline {'kept' if before == after else 'lost'}"


def cases() -> Iterator[tuple[str, str | None]]:
    """Every kind of run, and what Airflow made of its deadline."""
    kinds = DagRunType
    due_by = {"due_by": f"{FUTURE}T06:30-05:00"}
    yield "scheduled", one_deadline(kinds.SCHEDULED, partition_key="2026-11-18")
    yield "scheduled without key", one_deadline(kinds.SCHEDULED)
    yield "backfill", one_deadline(kinds.BACKFILL_JOB, partition_key=FUTURE, conf=due_by)
    yield "asset, before due", one_deadline(kinds.ASSET_TRIGGERED, partition_key=FUTURE)
    yield "asset, after due", one_deadline(kinds.ASSET_TRIGGERED, partition_key=PAST)
    yield "manual", one_deadline(kinds.MANUAL, partition_key=FUTURE)
    yield "manual with due_by", one_deadline(kinds.MANUAL, partition_key=PAST, conf=due_by)
    yield "manual with nonsense", one_deadline(kinds.MANUAL, conf={"due_by": "half past six"})
    yield "operator with due_by", one_deadline(kinds.OPERATOR_TRIGGERED, conf=due_by)
    yield "cleared", cleared_before_its_deadline()


if __name__ == "__main__":
    json.dump({"future": FUTURE, **dict(cases())}, sys.stdout)
