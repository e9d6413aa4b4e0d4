"""``governance.publication``: every change of what readers see, and every run that had nothing to change."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from include.governance.fingerprint import TableFingerprint
from include.governance.gold_sets import Cursor, Marker

TABLE = "governance.publication"

DDL = f"""
create table if not exists {TABLE} (
    entry number not null comment 'Position in this record, from 1',
    sequence number not null comment 'Number of the set that gold holds since',
    action varchar not null comment 'published: a new set; unchanged: the new set equalled gold; undone: the previous set came back',
    partition_key date not null comment 'The last business day the set speaks of',
    published_at timestamp_ntz(6) not null comment 'When, in UTC',
    run_id varchar not null comment 'The Airflow run that built the set',
    tables variant not null comment 'Per table: name, rows, content hash, columns hash',
    versions variant not null comment 'Code, models and contracts the set was built with'
)
comment = 'Every publication of gold, in order'
"""  # noqa: E501 -- a comment is one literal


def current_sequence(cursor: Cursor) -> int:
    """The set that gold holds according to the record; 0 before the first publication."""
    cursor.execute("create schema if not exists governance")
    cursor.execute(DDL)
    cursor.execute(f"select sequence from {TABLE} order by entry desc limit 1")  # noqa: S608
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def was_published(cursor: Cursor, gold: Marker) -> bool:
    """Whether the record knows the set that gold holds."""
    cursor.execute(f"select count(*) from {TABLE} where sequence = %s", (gold.sequence,))  # noqa: S608
    row = cursor.fetchone()
    return bool(row and row[0])


def write(cursor: Cursor, action: str, gold: Marker, tables: Sequence[TableFingerprint]) -> None:
    """Record what gold holds since ``action``."""
    cursor.execute(
        f"insert into {TABLE} "  # noqa: S608
        "(entry, sequence, action, partition_key, published_at, run_id, tables, versions) "
        f"select (select coalesce(max(entry), 0) + 1 from {TABLE}), %s, %s, %s::date, "
        "%s::timestamp_ntz(6), %s, parse_json(%s), parse_json(%s)",
        (
            gold.sequence,
            action,
            gold.partition.isoformat() if gold.partition else None,
            datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds"),
            gold.run_id,
            json.dumps([asdict(table) for table in tables]),
            json.dumps(gold.versions),
        ),
    )
