"""A slot that is lost is made up for by one run with `resnapshot`: the same table, no row of it twice."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from include.contracts import CdcRead
from include.extract import cdc
from tests.integration.cdc.lake import Lake

LONG = "(select string_agg(md5(i::text || random()::text), '') from generate_series(1, 200) as i)"


@pytest.fixture
def short_log(shop: Lake) -> Iterator[Lake]:
    """A source that throws away what a slot is behind by more than a megabyte."""
    shop.run("alter system set max_slot_wal_keep_size = '1MB'", "select pg_reload_conf()")
    yield shop
    shop.run("alter system reset max_slot_wal_keep_size", "select pg_reload_conf()")


def load_history(lake: Lake) -> None:
    lake.run(
        "alter table item alter note set storage external",
        f"insert into item (id, name, note, sin) select i, 'first', {LONG}, '046454286' "
        "from generate_series(1, 6) as i",
    )
    lake.load()
    lake.run("update item set name = 'second' where id = 1")  # its note is not sent again
    lake.load()


def live_on_unread(lake: Lake) -> None:
    """Changes no load will ever see: a delete, an update, an insert, a key that moves, one that returns."""
    lake.run(
        "delete from item where id = 2",
        "update item set name = 'unseen' where id = 3",
        "insert into item (id, name) values (7, 'unseen')",
        "update item set id = 40 where id = 4",
        "delete from item where id = 5; insert into item (id, name) values (5, 'reborn')",
    )


def recover(lake: Lake) -> None:
    """What a run with `resnapshot` does."""
    with pytest.raises(cdc.SnapshotNeededError, match="trigger bronze_shop with resnapshot"):
        lake.load()
    cdc.prepare(lake.contract, lake.dsn, resnapshot=True)
    extraction = lake.read(resnapshot=True, truth_seconds=60)
    assert lake.after is not None
    assert extraction.stop > lake.after
    lake.land(extraction)
    cdc.confirm(lake.contract, lake.dsn, extraction.stop)
    assert extraction.truth() == lake.states()


def assert_one_row_per_key(lake: Lake) -> None:
    assert lake.rebuilt("item") == lake.actual("item")
    positions = [row["_position"] for row in lake.rows["item"]]
    assert len(positions) == len(set(positions))


def test_dropped_slot_is_made_up_for_by_one_new_snapshot(shop: Lake) -> None:
    load_history(shop)
    shop.run(f"select pg_drop_replication_slot('{shop.contract.read_as(CdcRead).slot}')")
    live_on_unread(shop)
    recover(shop)
    assert_one_row_per_key(shop)
    # And on from there by changes, across the seam.
    shop.run("update item set name = 'third' where id in (1, 40)", "delete from item where id = 6")
    shop.load()
    assert_one_row_per_key(shop)


def test_slot_whose_log_the_source_threw_away_is_made_up_for_too(short_log: Lake) -> None:
    load_history(short_log)
    live_on_unread(short_log)
    for _ in range(3):  # the log goes a file of 16 MB at a time
        short_log.run(
            "select pg_switch_wal()", "insert into item (id) values (-1)", "delete from item where id = -1"
        )
        short_log.run("checkpoint")
    with psycopg.connect(short_log.dsn) as connection:
        status = connection.execute(
            "select wal_status from pg_replication_slots where slot_name = %s",
            [short_log.contract.read_as(CdcRead).slot],
        ).fetchone()
    assert status == ("lost",)
    with pytest.raises(cdc.SnapshotNeededError, match="has discarded what replication slot"):
        short_log.load()
    recover(short_log)
    assert_one_row_per_key(short_log)


def test_recovery_that_is_killed_after_landing_and_run_again_changes_nothing(shop: Lake) -> None:
    load_history(shop)
    shop.run(f"select pg_drop_replication_slot('{shop.contract.read_as(CdcRead).slot}')")
    live_on_unread(shop)
    shop.land(shop.read(resnapshot=True))  # killed before it was confirmed
    first = shop.rebuilt("item")
    cdc.prepare(shop.contract, shop.dsn, resnapshot=True)
    shop.load(resnapshot=True)
    assert shop.rebuilt("item") == first
    assert_one_row_per_key(shop)
