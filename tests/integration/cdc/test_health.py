"""What a source tells of its replication slot, down to its loss."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from include.contracts import CdcRead
from include.extract import cdc
from include.extract.cdc.health import ALERT_SHARE, slot_health
from include.extract.errors import SourceUnavailableError
from include.sandbox.postgres import Postgres
from tests.integration.cdc.lake import Lake

MB = 1 << 20
SEGMENT = 16 * MB
"""WAL comes in files of this size, and a slot is given up by whole files."""


@pytest.fixture
def limited(server: Postgres) -> Iterator[int]:
    """The server gives up slots that keep more than this many bytes."""
    limit = 4 * SEGMENT
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(f"alter system set max_slot_wal_keep_size = '{limit // MB}MB'")  # type: ignore[arg-type]
        connection.execute("select pg_reload_conf()")
        yield limit
        connection.execute("alter system reset max_slot_wal_keep_size")
        connection.execute("select pg_reload_conf()")


def write(lake: Lake, segments: int) -> None:
    """Fill so many files of WAL, and let the server recycle what nobody holds."""
    for _ in range(segments):
        lake.run(
            "select pg_logical_emit_message(false, 'filler', repeat('x', 1000000))", "select pg_switch_wal()"
        )
    lake.run("checkpoint")


def test_what_is_written_and_not_confirmed_is_lag_and_confirming_ends_it(shop: Lake) -> None:
    before = slot_health(shop.contract, shop.dsn)
    write(shop, 2)
    grown = slot_health(shop.contract, shop.dsn)
    assert grown.state == "present"
    assert grown.lag >= before.lag + 2 * 10**6
    assert grown.kept >= grown.lag
    shop.load()
    cdc.confirm(shop.contract, shop.dsn, shop.after)
    assert slot_health(shop.contract, shop.dsn).lag < 10**6


def test_asking_takes_nothing_from_the_slot(shop: Lake) -> None:
    shop.run("insert into item (id) values (1)")
    for _ in range(2):
        slot_health(shop.contract, shop.dsn)
    assert [row["id"] for row in shop.load()["item"]] == ["1"]


def test_a_server_without_a_limit_says_so(shop: Lake) -> None:
    assert slot_health(shop.contract, shop.dsn).limit is None


def test_a_slot_is_near_its_budget_before_it_is_lost(shop: Lake, limited: int) -> None:
    health = slot_health(shop.contract, shop.dsn)
    assert (health.limit, health.near_budget) == (limited, False)
    while (health := slot_health(shop.contract, shop.dsn)).state == "present" and not health.near_budget:
        write(shop, 1)
    assert health.state == "present"
    assert ALERT_SHARE * limited <= health.kept < limited
    for _ in range(20):
        write(shop, 1)
        if slot_health(shop.contract, shop.dsn).state == "lost":
            break
    assert slot_health(shop.contract, shop.dsn).state == "lost"
    with pytest.raises(cdc.SnapshotNeededError):
        shop.load()


def test_a_slot_that_is_not_there_is_missing(shop: Lake) -> None:
    shop.run(f"select pg_drop_replication_slot('{shop.contract.read_as(CdcRead).slot}')")
    health = slot_health(shop.contract, shop.dsn)
    assert (health.state, health.lag, health.kept) == ("missing", 0, 0)


def test_a_database_that_does_not_answer_is_named_with_its_connection(shop: Lake) -> None:
    with pytest.raises(SourceUnavailableError, match=r"(?s)replication slot failed.*connection shop"):
        slot_health(shop.contract, "postgresql://nobody@127.0.0.1:1/nowhere")
