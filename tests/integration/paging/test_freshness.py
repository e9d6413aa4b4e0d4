"""The age of sources in the warehouse: one row per source and check, whatever was killed and repeated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import load_sources
from include.paging import freshness, schedule
from include.warehouse.prepare import prepare_account, prepare_source
from include.warehouse.session import Warehouse

TUESDAY, WEDNESDAY = date(2026, 11, 17), date(2026, 11, 18)
FIVE = datetime(2026, 11, 19, 5, tzinfo=schedule.ZONE)
SOURCES = tuple(load_sources().values())


@pytest.fixture
def cursor(snowflake: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SnowflakeCursor]:
    """A warehouse in which nothing was measured and nothing loaded."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", snowflake)
    with Warehouse().cursor() as session:
        prepare_source(session, load_sources()["drop_account_reviews"])
        session.execute("create or replace schema monitoring")
        session.execute("delete from raw_control.load_ledger")
        yield session


def load(cursor: SnowflakeCursor, source: str, *days: date) -> None:
    """Let the ledger say that a source's days were loaded, of two tables each."""
    for day in days:
        for table in ("one", "other"):
            cursor.execute(
                "insert into raw_control.load_ledger (load_id, source, table_name, partition, sha256, "
                "row_count, file_row_count, file_byte_count, contract_version, code_version, run_id, "
                "extracted_at, staged_at, loaded_at) "
                "select 'l', %s, %s, %s::date, 's', 0, 0, 0, '1', 'v', 'r', "
                "'2026-11-19'::timestamp_ntz, '2026-11-19'::timestamp_ntz, '2026-11-19'::timestamp_ntz",
                (source, table, day.isoformat()),
            )


def check(cursor: SnowflakeCursor, as_of: datetime) -> None:
    freshness.record(cursor, freshness.measure(SOURCES, freshness.loaded_partitions(cursor), as_of))


def rows(cursor: SnowflakeCursor, table: str) -> list[tuple[Any, ...]]:
    cursor.execute(
        f"select source, latest_partition, age_seconds, status from monitoring.{table} order by source, as_of"
    )
    return list(cursor.fetchall())


def test_every_source_has_its_age_and_whether_it_keeps_its_promise(cursor: SnowflakeCursor) -> None:
    load(cursor, "kyc", TUESDAY, WEDNESDAY)
    load(cursor, "core_banking", TUESDAY)
    check(cursor, FIVE)
    told = {source: rest for source, *rest in rows(cursor, "source_freshness_now")}
    assert told.keys() == load_sources().keys()
    assert told["kyc"] == [WEDNESDAY, 5 * 3600, "fresh"]
    assert told["core_banking"] == [TUESDAY, 29 * 3600, "late"]
    assert told["marketing_automation"][:2] == [None, None]


def test_the_promise_is_kept_beside_the_age_in_utc(cursor: SnowflakeCursor) -> None:
    load(cursor, "core_banking", TUESDAY)
    check(cursor, FIVE)
    cursor.execute(
        "select next_partition, due_at, as_of, criticality, contract_version "
        "from monitoring.source_freshness_now where source = 'core_banking'"
    )
    contract = load_sources()["core_banking"]
    assert cursor.fetchall() == [
        (
            WEDNESDAY,
            datetime(2026, 11, 19, 9),  # noqa: DTZ001 - four in Toronto
            datetime(2026, 11, 19, 10),  # noqa: DTZ001
            contract.criticality,
            contract.version,
        )
    ]


def test_checks_add_up_to_a_history_of_which_the_newest_is_now(cursor: SnowflakeCursor) -> None:
    load(cursor, "kyc", TUESDAY)
    for hours in (0, 1):
        check(cursor, FIVE + timedelta(hours=hours))
    ages = [age for source, _, age, _ in rows(cursor, "source_freshness") if source == "kyc"]
    assert ages == [29 * 3600, 30 * 3600]
    assert len(rows(cursor, "source_freshness_now")) == len(SOURCES)


def test_a_check_that_is_repeated_takes_the_place_of_the_first(cursor: SnowflakeCursor) -> None:
    check(cursor, FIVE)
    load(cursor, "kyc", WEDNESDAY)
    check(cursor, FIVE)
    assert len(rows(cursor, "source_freshness")) == len(SOURCES)
    assert ("kyc", WEDNESDAY, 5 * 3600, "fresh") in rows(cursor, "source_freshness")


def test_analysts_may_read_it(cursor: SnowflakeCursor) -> None:
    prepare_account(cursor)
    check(cursor, FIVE)
    cursor.execute("show grants to role analyst")
    columns = [column.name.lower() for column in cursor.description]
    granted = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    names = {str(grant["name"]).lower().rsplit(".", 1)[-1] for grant in granted}
    assert {"source_freshness", "source_freshness_now"} <= names
