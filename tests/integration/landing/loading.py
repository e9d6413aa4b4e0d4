"""Batches of account reviews staged and loaded, and what the warehouse then holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from hypothesis import HealthCheck, settings
from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.extract.batch import Batch
from include.landing.load import load
from include.landing.manifest import Manifest
from include.landing.parquet import Load
from include.landing.reconcile import reconcile
from include.landing.staging import stage
from tests.unit.landing.rows import PARTITION, Review, contract, reviews

TABLE = "raw_drop_account_reviews.review"
SLOW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def staged(
    cursor: SnowflakeCursor,
    *batches: Batch,
    run: str = "run-1",
    day: date = PARTITION,
    source: SourceContract | None = None,
    reach: str = "",
) -> Manifest:
    return stage(cursor, Load(source or contract(), day, run), batches, reach=reach)


def landed(cursor: SnowflakeCursor, rows: Sequence[Review], run: str = "run-1") -> int:
    manifest = staged(cursor, reviews(*rows), run=run)
    added = load(cursor, contract(), manifest, "test")
    reconcile(cursor, contract(), manifest)
    return added["review"]


def bronze(cursor: SnowflakeCursor) -> list[Review]:
    found = cursor.execute(f"select account_id, decision from {TABLE} order by _position")
    return list(found.fetchall()) if found else []


def ledger_rows(cursor: SnowflakeCursor) -> list[tuple[int, str | None, str | None]]:
    found = cursor.execute(
        "select row_count, first_position, last_position from raw_control.load_ledger order by loaded_at"
    )
    return list(found.fetchall()) if found else []
