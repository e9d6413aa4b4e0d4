"""Which partitions the nightly schedule owes, when their runs start and when they are due.

`dags/bronze.py` is scheduled by what stands here, and the watchdog expects what stands here: a run that is
never created has no deadline, so somebody has to know without Airflow that it should be there.
"""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from include.contracts import TIMEZONE, SourceContract
from include.paging.reference import PartitionDue

FROM = "GOVERNED_ANALYTICS_SCHEDULE_FROM"
"""Environment variable: the first day, `YYYY-MM-DD`, on which the nightly runs start by themselves."""
FROM_DEFAULT = "2022-07-01"

STARTS = time(3)
"""Toronto; the hour at which the runs of the day that has ended are created."""
CRON = f"{STARTS.minute} {STARTS.hour} * * *"

CHECK_EVERY = timedelta(minutes=5)
"""Between two checks of the watchdog. The earliest promise leaves two hours and more until gold is due, of
which five minutes are little; more often would gain nothing that somebody woken up could use."""

ZONE = ZoneInfo(TIMEZONE)
DAY = timedelta(days=1)


def scheduled_from() -> datetime:
    """The first day on which the schedule runs by itself, from its first minute.

    Until then, and for every other day, runs are triggered: a new deployment loads its history by hand
    before its first night.

    Raises:
        ValueError: the environment does not name a day.
    """
    value = os.environ.get(FROM, FROM_DEFAULT)
    try:
        return datetime.combine(date.fromisoformat(value), time(0), ZONE)
    except ValueError:
        raise ValueError(
            f"environment variable {FROM}: {value!r} is not a day; write it as 2026-11-18"
        ) from None


def first_owed() -> date:
    """The first partition that the schedule loads by itself."""
    return scheduled_from().date() - DAY


def last_owed(at: datetime) -> date | None:
    """The latest partition whose run should have been created by then; None before the first."""
    local = at.astimezone(ZONE)
    night = local.date() if local.time() >= STARTS else local.date() - DAY
    partition = night - DAY
    return partition if partition >= first_owed() else None


def ends(partition: date) -> datetime:
    """When the business day is over."""
    return datetime.combine(partition + DAY, time(0), ZONE)


def starts(partition: date) -> datetime:
    """When the schedule creates the partition's runs."""
    return datetime.combine(partition + DAY, STARTS, ZONE)


def due(contract: SourceContract, partition: date) -> datetime:
    """By when the partition is promised to be in bronze: the moment its run's deadline has too."""
    moment = PartitionDue(due=contract.due, timezone=TIMEZONE).after_partition(partition.isoformat())
    assert moment is not None  # noqa: S101 -- a date is a partition key
    return moment
