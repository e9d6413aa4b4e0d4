"""When a run is due: the deadline reference every bronze DAG and ``medallion`` carry.

Airflow evaluates a reference once, when it creates the run. An exception there would keep the scheduler
from creating the run at all, so only a person's own mistake (an unreadable ``due_by``) raises.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from airflow.sdk.definitions.deadline import BaseDeadlineReference, deadline_reference
from sqlalchemy import select

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DUE_BY = "due_by"
"""The run parameter (``conf`` key) with which a person gives a manual run a deadline of its own."""

log = logging.getLogger(__name__)


@deadline_reference()
@dataclass(frozen=True, eq=False)
class PartitionDue(BaseDeadlineReference):
    """A time of day on the day after the run's partition.

    - scheduled run: due, always;
    - asset-triggered run: due, unless that moment had passed when the run was queued. Then the source that
      held it back has paged already, and one miss is one page;
    - manual run: due when its ``due_by`` says so, otherwise never;
    - backfill: never.

    Registered by ``plugins/deadlines.py``. Airflow requires a default for every field.
    """

    due: time = time(0)
    timezone: str = "America/Toronto"

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def serialize_reference(self) -> dict[str, Any]:
        return {**super().serialize_reference(), "due": self.due.isoformat(), "timezone": self.timezone}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> PartitionDue:
        return cls(due=time.fromisoformat(reference_data["due"]), timezone=reference_data["timezone"])

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        # The scheduler and the API server evaluate; a DAG file that is being parsed may not import models.
        from airflow.models import DagRun
        from airflow.utils.types import DagRunType

        run = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)).one()
        match run.run_type:
            case DagRunType.BACKFILL_JOB:
                return None
            case DagRunType.SCHEDULED:
                return self.after_partition(run.partition_key)
            case DagRunType.ASSET_TRIGGERED:
                due = self.after_partition(run.partition_key)
                return due if due and due > (run.queued_at or run.run_after) else None
            case _:
                return self.asked_for(run.conf)

    def after_partition(self, partition_key: str | None) -> datetime | None:
        """The due moment of a partition ``YYYY-MM-DD``; None, with an error in the log, for any other key."""
        try:
            day = date.fromisoformat(partition_key or "")
        except ValueError:
            day = None
        if day is None or day.isoformat() != partition_key:  # fromisoformat also reads 2026-W47-3
            log.error("no deadline: partition key %r is not a day YYYY-MM-DD", partition_key)
            return None
        return datetime.combine(day + timedelta(days=1), self.due, ZoneInfo(self.timezone))

    def asked_for(self, conf: Mapping[str, Any] | None) -> datetime | None:
        """The moment that a run's ``due_by`` names, if it names one.

        :raises ValueError: it names something that is not a moment. Airflow answers the request for the run
            with 400 and this text.
        """
        value = (conf or {}).get(DUE_BY)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValueError(
                f"run parameter {DUE_BY}: {value!r} is not a date and time; "
                f"write 2026-11-18T06:30 ({self.timezone}) or 2026-11-18T06:30-05:00"
            ) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(self.timezone))
