"""How old each source is in bronze, held against its promise, and kept beside the data it speaks of.

`monitoring.source_freshness` has a row per source and check, `monitoring.source_freshness_now` the newest
check. In the room of deadlines, because both judge the same promise: what is late here is what a page says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.contracts.source import Criticality
from include.paging import schedule
from include.warehouse.session import transaction

TABLE = "monitoring.source_freshness"
LEDGER = "raw_control.load_ledger"

Status = Literal["fresh", "due", "late"]

DDL = (
    f"""
create table if not exists {TABLE} (
    source varchar not null comment 'Name of the source contract',
    criticality varchar not null comment 'blocking: gold waits for it; degradable: gold is built without it',
    as_of timestamp_ntz(6) not null comment 'The moment that is judged, UTC: when the check was due',
    latest_partition date comment 'The last business day in bronze; empty when nothing was ever loaded',
    age_seconds number comment 'From the end of that day to as_of',
    next_partition date not null comment 'The business day that bronze waits for',
    due_at timestamp_ntz(6) not null comment 'When the contract promises it, UTC',
    status varchar not null comment 'fresh: not yet time to load it; due: it is time; late: promise broken',
    checked_at timestamp_ntz(6) not null comment 'When the row was written, UTC',
    contract_version varchar not null comment 'The contract that made the promise'
)
comment = 'The age of each source against its promise, one row per source and check'
""",
    f"""
create view if not exists {TABLE}_now
    comment = 'The age of each source against its promise at the last check'
as
select
    source, criticality, as_of, latest_partition, age_seconds, next_partition, due_at, status, checked_at,
    contract_version
from {TABLE}
where as_of = (select max(as_of) from {TABLE})
""",  # noqa: S608
)


@dataclass(frozen=True)
class Freshness:
    """A source at one moment. Moments are aware. `latest` and `age` are None when nothing was loaded."""

    contract: SourceContract
    as_of: datetime
    latest: date | None
    awaited: date
    due: datetime
    age: timedelta | None
    status: Status

    @property
    def source(self) -> str:
        return self.contract.name

    @property
    def criticality(self) -> Criticality:
        return self.contract.criticality


def judge(contract: SourceContract, loaded: Iterable[date], as_of: datetime) -> Freshness:
    """A source, given the partitions that bronze holds of it.

    What was loaded by hand before the schedule's first night says nothing of a promise: the next day that is
    awaited is never one that the schedule does not owe.
    """
    latest = max(loaded, default=None)
    owed = schedule.last_owed(as_of) or schedule.first_owed()
    awaited = owed if latest is None else max(latest + schedule.DAY, schedule.first_owed())
    due = schedule.due(contract, awaited)
    return Freshness(
        contract=contract,
        as_of=as_of,
        latest=latest,
        awaited=awaited,
        due=due,
        age=None if latest is None else as_of - schedule.ends(latest),
        status="late" if as_of >= due else "due" if as_of >= schedule.starts(awaited) else "fresh",
    )


def loaded_partitions(cursor: SnowflakeCursor) -> dict[str, frozenset[date]]:
    """Source -> the partitions that the load ledger knows of it, empty ones included."""
    cursor.execute(f"select distinct source, partition from {LEDGER}")  # noqa: S608
    found: dict[str, set[date]] = {}
    for source, partition in cursor.fetchall():
        found.setdefault(str(source), set()).add(partition)
    return {source: frozenset(partitions) for source, partitions in found.items()}


def measure(
    contracts: Iterable[SourceContract], loaded: Mapping[str, frozenset[date]], as_of: datetime
) -> tuple[Freshness, ...]:
    """Every source, in the order given."""
    return tuple(judge(contract, loaded.get(contract.name, ()), as_of) for contract in contracts)


def record(cursor: SnowflakeCursor, sources: Sequence[Freshness]) -> None:
    """Keep a check. Kept again, the check of the same moment takes the place of the first."""
    if not sources:
        return
    for statement in DDL:
        cursor.execute(statement)
    rows = [_row(source) for source in sources]
    with transaction(cursor):
        for as_of in sorted({_utc(source.as_of) for source in sources}):
            cursor.execute(f"delete from {TABLE} where as_of = %s::timestamp_ntz(6)", (as_of,))  # noqa: S608
        one = (
            "select %s::varchar, %s::varchar, %s::timestamp_ntz(6), %s::date, %s::number, %s::date, "
            "%s::timestamp_ntz(6), %s::varchar, %s::timestamp_ntz(6), %s::varchar"
        )
        cursor.execute(
            f"insert into {TABLE} (source, criticality, as_of, latest_partition, age_seconds, "
            "next_partition, due_at, status, checked_at, contract_version) "
            + " union all ".join([one] * len(rows)),
            tuple(value for row in rows for value in row),
        )


def _row(source: Freshness) -> tuple[str | int | None, ...]:
    return (
        source.source,
        source.criticality,
        _utc(source.as_of),
        source.latest.isoformat() if source.latest else None,
        None if source.age is None else int(source.age.total_seconds()),
        source.awaited.isoformat(),
        _utc(source.due),
        source.status,
        _utc(datetime.now(UTC)),
        source.contract.version,
    )


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
