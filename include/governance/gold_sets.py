"""The three sets of gold tables and the marker by which each says what it is.

``gold_candidate`` is built and checked, ``gold`` is what readers see, ``gold_previous`` is what they saw
before. Every set carries one row in ``publication_marker``. Schemas are swapped whole, so a marker is always
true of the tables beside it, and a task that was killed finds out from the markers how far it had come.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from airflow.sdk.exceptions import AirflowFailException

CANDIDATE, GOLD, PREVIOUS = "gold_candidate", "gold", "gold_previous"
MARKER = "publication_marker"


class Cursor(Protocol):
    """What is used of a Snowflake cursor."""

    def execute(self, command: str, params: tuple[Any, ...] = ..., /) -> Any: ...

    def fetchone(self) -> tuple[Any, ...] | None: ...

    def fetchall(self) -> list[tuple[Any, ...]]: ...


class NotPublishable(AirflowFailException):
    """The candidate may not become gold; the message says why and what to do. No retry changes that."""


@dataclass(frozen=True)
class Marker:
    """What a set says of itself.

    ``sequence`` numbers published sets and is None while a set is a candidate; ``replaces`` is the sequence
    of the set it took over from. ``versions`` names the code, models and contracts it was built with.
    """

    partition: date | None
    run_id: str
    checked: bool
    versions: dict[str, Any]
    sequence: int | None = None
    replaces: int | None = None


NOTHING_YET = Marker(partition=None, run_id="", checked=False, versions={}, sequence=0)


def ensure_sets(cursor: Cursor) -> None:
    """Make the three schemas if they are missing, and give ``gold`` its first marker."""
    for schema in (GOLD, CANDIDATE, PREVIOUS):
        cursor.execute(f"create schema if not exists {schema}")
    if read_marker(cursor, GOLD) is None:
        write_marker(cursor, GOLD, NOTHING_YET)


def read_marker(cursor: Cursor, schema: str) -> Marker | None:
    """The marker of ``schema``; None if it has none."""
    if MARKER not in _relations(cursor, schema):
        return None
    cursor.execute(
        f"select partition_key, run_id, checked, versions, sequence, replaces from {schema}.{MARKER}"  # noqa: S608
    )
    row = cursor.fetchone()
    if row is None:
        return None
    partition, run_id, checked, versions, sequence, replaces = row
    return Marker(
        partition=partition,
        run_id=run_id,
        checked=bool(checked),
        versions=json.loads(versions),
        sequence=None if sequence is None else int(sequence),
        replaces=None if replaces is None else int(replaces),
    )


def write_marker(cursor: Cursor, schema: str, marker: Marker) -> None:
    """Give ``schema`` this marker instead of the one it has, in one statement."""
    cursor.execute(
        f"create or replace table {schema}.{MARKER} "
        "comment = 'What this set of tables is: the day it speaks of and the run that built it' as "
        "select %s::date as partition_key, %s::varchar as run_id, %s::boolean as checked, "
        "%s::varchar as versions, %s::number as sequence, %s::number as replaces",
        (
            marker.partition.isoformat() if marker.partition else None,
            marker.run_id,
            marker.checked,
            json.dumps(marker.versions, sort_keys=True),
            marker.sequence,
            marker.replaces,
        ),
    )


def tables(cursor: Cursor, schema: str) -> dict[str, str]:
    """Name -> kind (``BASE TABLE``, ``VIEW``) of what ``schema`` holds, without the marker."""
    return {name: kind for name, kind in _relations(cursor, schema).items() if name != MARKER}


def open_candidate(cursor: Cursor, partition: date, run_id: str) -> None:
    """Empty the candidate and declare that it is being built for ``partition``.

    Emptied, because a build that stops half-way must not pass off yesterday's tables as today's, nor a table
    that no model builds any more.
    """
    cursor.execute(f"create or replace schema {CANDIDATE}")
    write_marker(cursor, CANDIDATE, Marker(partition=partition, run_id=run_id, checked=False, versions={}))


def require_candidate(cursor: Cursor, partition: date) -> Marker:
    """The candidate's marker.

    Raises:
        NotPublishable: no candidate was built, or it speaks of another day.
    """
    marker = read_marker(cursor, CANDIDATE)
    if marker is None or marker.partition is None:
        raise NotPublishable(
            f"{CANDIDATE} was never built; run medallion with the stage gold for {partition}"
        )
    if marker.partition != partition:
        raise NotPublishable(
            f"{CANDIDATE} holds {marker.partition}, not {partition}; "
            f"run medallion with the stage gold for {partition}"
        )
    return marker


def seal_candidate(
    cursor: Cursor, partition: date, run_id: str, models: frozenset[str], versions: dict[str, Any]
) -> None:
    """Declare that the candidate passed its checks and may be published.

    A candidate that is a copy of what was already published keeps its marker: checking it again makes nothing
    new.

    Raises:
        NotPublishable: a model's table is missing, a relation has no model, or it is a view, which would go
            on reading the candidate after publication.
    """
    marker = require_candidate(cursor, partition)
    if marker.sequence is not None:
        return
    found = tables(cursor, CANDIDATE)
    if strange := sorted(found.keys() - models):
        raise NotPublishable(
            f"no gold model builds {', '.join(strange)} in {CANDIDATE}; find out who put it there and drop it"
        )
    if missing := sorted(models - found.keys()):
        raise NotPublishable(f"{CANDIDATE} lacks {', '.join(missing)}; run medallion with the stage gold")
    if views := sorted(name for name, kind in found.items() if kind != "BASE TABLE"):
        raise NotPublishable(
            f"{', '.join(views)} in {CANDIDATE}: a view cannot be published; materialize the model as a table"
        )
    write_marker(cursor, CANDIDATE, replace(marker, run_id=run_id, checked=True, versions=versions))


def _relations(cursor: Cursor, schema: str) -> dict[str, str]:
    cursor.execute(
        "select lower(table_name), table_type from information_schema.tables where table_schema = %s",
        (schema.upper(),),
    )
    return {str(name): str(kind) for name, kind in cursor.fetchall()}
