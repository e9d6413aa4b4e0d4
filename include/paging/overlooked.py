"""Partitions that nothing else would speak of: their run was never created, or failed without a deadline.

Who tells what. A run that exists and has a deadline speaks for itself: Airflow pages when it is missed
(`missed.py`), whatever became of the run. The watchdog speaks of what has no such run. Before the due moment
it keeps still as well, unless the DAG cannot run at all: then there is nothing to wait for.

Degradable sources are left to `monitoring.source_freshness` and to the evidence of the build that went on
without them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from include.contracts import MetricContract, SourceContract
from include.paging import schedule
from include.paging.dag_states import Dags, Obstacle
from include.paging.incidents import Subject
from include.paging.progress import MEDALLION
from include.paging.reference import PartitionDue

HANDOVER = schedule.CHECK_EVERY
"""What Airflow gets to create a run once it may. It takes seconds; a check in between keeps still."""

LOOK_BACK = 7
"""Days. A morning that was missed longer ago is in the table; nobody is to be woken for it."""

Reason = Obstacle | Literal["never_started", "failed"]
Loaded = Mapping[str, frozenset[date]]


@dataclass(frozen=True)
class Overlooked:
    """A partition that a blocking source, or gold, owes. `due` is aware; `contract` is None for gold."""

    dag_id: str
    contract: SourceContract | None
    partition: date
    due: datetime
    reason: Reason

    @property
    def subject(self) -> Subject:
        return Subject(self.dag_id, self.partition)


def sources(
    contracts: Iterable[SourceContract],
    loaded: Loaded,
    dags: Dags,
    now: datetime,
    still_open: Collection[Subject] = (),
) -> Iterator[Overlooked]:
    """Partitions of blocking sources, oldest first.

    What was told before stays told until bronze has the partition or a run speaks for it, so that a DAG that
    was unpaused and still does not start is not taken for mended.
    """
    for contract in contracts:
        if contract.criticality != "blocking":
            continue
        have = loaded.get(contract.name, frozenset())
        obstacle = dags.obstacle(contract.dag_id)
        known = {subject.partition for subject in still_open if subject.what == contract.dag_id}
        for partition in sorted({*_missing(have, now), *known} - have):
            due = schedule.due(contract, partition)
            begun = now >= schedule.starts(partition) + HANDOVER
            if not begun or not (obstacle or partition in known or now >= due):
                continue
            runs = dags.runs(contract.dag_id, partition.isoformat())
            if not any(run.speaks_for_itself for run in runs):
                reason: Reason = obstacle or ("failed" if runs else "never_started")
                yield Overlooked(contract.dag_id, contract, partition, due, reason)
        awaited = max(have, default=schedule.first_owed() - schedule.DAY) + schedule.DAY
        if obstacle == "broken" and schedule.starts(awaited) - schedule.DAY <= now < schedule.starts(awaited):
            # A file that does not import is best mended by day, by the people who changed it.
            yield Overlooked(contract.dag_id, contract, awaited, schedule.due(contract, awaited), obstacle)


def gold(
    contracts: Iterable[SourceContract],
    metrics: MetricContract,
    loaded: Loaded,
    published: date | None,
    *,
    dags: Dags,
    now: datetime,
) -> Overlooked | None:
    """The newest partition that every blocking source has delivered and that nobody builds gold from."""
    blocking = [contract for contract in contracts if contract.criticality == "blocking"]
    complete = frozenset.intersection(*(loaded.get(contract.name, frozenset()) for contract in blocking))
    partition = max((day for day in complete if _is_owed(day, now)), default=None)
    if partition is None or (published is not None and partition <= published):
        return None
    runs = dags.runs(MEDALLION, partition.isoformat())
    if any(run.speaks_for_itself for run in runs):
        return None
    for contract in blocking:
        delivered = [
            run.ended
            for run in dags.runs(contract.dag_id, partition.isoformat())
            if run.state == "success" and run.ended
        ]
        # In bronze, but not announced: the source's run goes on, or its own deadline speaks.
        if not delivered or now < max(delivered) + HANDOVER:
            return None
    due = PartitionDue(due=metrics.gold_due, timezone=metrics.timezone).after_partition(partition.isoformat())
    assert due is not None  # noqa: S101 -- a date is a partition key
    reason: Reason = dags.obstacle(MEDALLION) or ("failed" if runs else "never_started")
    return Overlooked(MEDALLION, None, partition, due, reason)


def _missing(have: frozenset[date], now: datetime) -> list[date]:
    """Partitions of the last days that are owed and not in bronze."""
    last = schedule.last_owed(now)
    if last is None:
        return []
    if not have:  # a source's first night is its newest day; what came before is loaded by hand
        return [last]
    begin = max(schedule.first_owed(), min(have), last - LOOK_BACK * schedule.DAY)
    days = [begin + number * schedule.DAY for number in range((last - begin).days + 1)]
    return [day for day in days if day not in have]


def _is_owed(partition: date, now: datetime) -> bool:
    last = schedule.last_owed(now)
    return (
        last is not None and max(schedule.first_owed(), last - LOOK_BACK * schedule.DAY) <= partition <= last
    )
