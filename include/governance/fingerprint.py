"""What a published table held, in a form that can be compared and kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from include.governance.gold_sets import Cursor, tables


@dataclass(frozen=True)
class TableFingerprint:
    """One table: its name, rows, and hashes of its content (whatever the order) and of its columns."""

    name: str
    rows: int
    content: str
    columns: str


def fingerprints(cursor: Cursor, schema: str) -> tuple[TableFingerprint, ...]:
    """The fingerprint of every table of ``schema``, by name."""
    columns = _columns(cursor, schema)
    return tuple(_fingerprint(cursor, schema, name, columns[name]) for name in sorted(tables(cursor, schema)))


def _fingerprint(cursor: Cursor, schema: str, table: str, columns: str) -> TableFingerprint:
    # HASH is Snowflake's own: stable for equal values, not cryptographic. It tells change, not tampering.
    cursor.execute(f"select count(*), to_varchar(sum(hash(*))) from {schema}.{table}")  # noqa: S608
    rows, content = cursor.fetchone() or (0, None)
    return TableFingerprint(name=table, rows=int(rows), content=content or "0", columns=columns)


def _columns(cursor: Cursor, schema: str) -> dict[str, str]:
    cursor.execute(
        "select lower(table_name), column_name, data_type, is_nullable, coalesce(comment, '') "
        "from information_schema.columns where table_schema = %s order by table_name, ordinal_position",
        (schema.upper(),),
    )
    digests: dict[str, hashlib._Hash] = {}
    for table, *column in cursor.fetchall():
        digests.setdefault(table, hashlib.sha256()).update(repr(tuple(column)).encode())
    return {table: digest.hexdigest() for table, digest in digests.items()}
