"""Bronze tables of a small world, made and filled with plain SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import snowflake.connector
import yaml
from snowflake.connector import SnowflakeConnection

from include.contracts import load_sources

PROJECT = Path(__file__).resolve().parents[2] / "dbt"
ROWS_PER_INSERT = 500
NESTED = {
    (f"{source.schema}.{table.name}", column.name)
    for source in load_sources().values()
    for table in source.tables
    for column in table.columns
    if column.logical_type in ("object", "array")
}


def pg_text(moment: datetime) -> str:
    """A timestamptz as PostgreSQL writes it with TimeZone=UTC: no fraction where it is zero."""
    return moment.astimezone(UTC).isoformat(sep=" ").removesuffix(":00")


def rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass
class Bronze:
    """Writes rows as landing does: text as the source sent it, and where each row stood in its source."""

    connection: SnowflakeConnection
    last_position: int = 0

    def create(self) -> None:
        """All bronze schemas and tables of the contracts, empty, and nothing in silver's memory of them.

        Bronze only grows, so silver does not look for rows that were there and are gone.
        """
        self.execute("drop table if exists silver.seen_partition")
        for path in sorted(PROJECT.glob("models/silver/staging/*/_*__sources.yml")):
            for source in yaml.safe_load(path.read_text())["sources"]:
                self.execute(f"create schema if not exists {source['schema']}")
                for table in source["tables"]:
                    columns = ", ".join(f"{c['name']} {c['data_type']}" for c in table["columns"])
                    self.execute(f"create or replace table {source['schema']}.{table['name']} ({columns})")

    def land(
        self,
        table: str,
        rows: Iterable[Mapping[str, Any]],
        *,
        partition: date,
        op: str = "read",
    ) -> None:
        """Append rows to `raw_<source>.<table>`. A row may say its own `_op`; `_unchanged` lists names."""
        complete = [self._with_facts(row, partition, op) for row in rows]
        for columns in sorted({tuple(row) for row in complete}):
            same = [row for row in complete if tuple(row) == columns]
            for first in range(0, len(same), ROWS_PER_INSERT):
                self._insert(table, columns, same[first : first + ROWS_PER_INSERT])

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            return [tuple(row) for row in cursor.execute(sql).fetchall()]  # type: ignore[union-attr]

    def records(self, sql: str) -> list[dict[str, Any]]:
        """Rows by column name, in lower case."""
        with self.connection.cursor() as cursor:
            rows = cursor.execute(sql).fetchall()  # type: ignore[union-attr]
            names = [column.name.lower() for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in rows]

    def _with_facts(self, row: Mapping[str, Any], partition: date, op: str) -> dict[str, Any]:
        self.last_position += 1
        facts = {
            "_op": op,
            "_position": f"{partition}/{self.last_position:010d}",
            "_committed_at": f"{partition} 12:00:00",
            "_partition": str(partition),
            "_loaded_at": f"{partition} 12:00:00",
            "_run_id": "test",
            "_file": "test.parquet",
        }
        given = dict(row)
        if unchanged := given.get("_unchanged"):
            given["_unchanged"] = json.dumps(unchanged)
        return facts | given

    def _insert(self, table: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
        values = ", ".join(f"({', '.join(_literal(row[name]) for name in columns)})" for row in rows)
        chosen = ", ".join(
            f"to_variant(column{number})"
            if name == "_unchanged" or (table, name) in NESTED
            else f"column{number}"
            for number, name in enumerate(columns, start=1)
        )
        self.execute(f"insert into {table} ({', '.join(columns)}) select {chosen} from values {values}")


@contextmanager
def empty_bronze(port: int) -> Iterator[Bronze]:
    """Bronze tables in database ANALYTICS of the warehouse on a port, all of them empty at first."""
    connection = snowflake.connector.connect(
        account="sandbox",
        user="test",
        password="test",
        host="127.0.0.1",
        port=port,
        protocol="http",
        database="ANALYTICS",
        schema="PUBLIC",
    )
    with connection:
        bronze = Bronze(connection)
        bronze.execute("create database if not exists analytics")
        bronze.create()
        yield bronze


def _literal(value: str | None) -> str:
    return "null" if value is None else "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
