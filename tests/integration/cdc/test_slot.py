"""The replication slot keeps all changes until they are loaded; what happens to it does not go unnoticed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from include.contracts import CdcRead
from include.extract import cdc
from include.extract.cdc.positions import from_pg, lsn_of
from include.extract.cdc.session import application_name
from include.extract.errors import SourceError
from tests.integration.cdc.lake import Lake


def slot_of(lake: Lake) -> dict[str, object]:
    with psycopg.connect(lake.dsn, row_factory=psycopg.rows.dict_row) as connection:
        row = connection.execute(
            "select * from pg_replication_slots where slot_name = %s", [lake.contract.read_as(CdcRead).slot]
        ).fetchone()
    assert row is not None
    return row


def ids(rows: list[dict[str, object]]) -> list[object]:
    return [row["id"] for row in rows]


@contextmanager
def holding_the_slot(lake: Lake, application_name: str) -> Iterator[None]:
    slot = lake.contract.read_as(CdcRead).slot
    order = f"START_REPLICATION SLOT {slot} LOGICAL 0/0 (proto_version '1', publication_names 'shop_changes')"
    session = psycopg.connect(
        lake.dsn, replication="database", autocommit=True, application_name=application_name
    )
    with closing(session):
        session.pgconn.send_query(order.encode())
        give_up = time.monotonic() + 30
        while slot_of(lake)["active_pid"] is None:
            assert time.monotonic() < give_up
        yield
    lake.run("select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where active_pid > 0")


@pytest.mark.parametrize("again", ["read", "confirm", "start over"])
def test_session_that_a_killed_task_left_on_the_slot_is_ended(shop: Lake, again: str) -> None:
    shop.run("insert into item (id) values (1)")
    with holding_the_slot(shop, application_name(shop.contract)):
        if again == "read":
            assert ids(shop.load()["item"]) == ["1"]
        elif again == "confirm":
            cdc.confirm(shop.contract, shop.dsn, shop.after)
        else:
            shop.after = None
            assert [row["_op"] for row in shop.load()["item"]] == ["snapshot"]


def test_slot_in_a_strangers_hands_is_left_to_them(shop: Lake) -> None:
    with holding_the_slot(shop, "debezium"):
        with pytest.raises(SourceError, match="in use by debezium"):
            shop.load()
        assert slot_of(shop)["active_pid"] is not None


def test_confirm_moves_the_slot_to_the_position_and_never_back(shop: Lake) -> None:
    first = shop.after
    shop.run("insert into item (id) values (1)")
    shop.load()
    reached = slot_of(shop)["confirmed_flush_lsn"]
    assert from_pg(reached) == lsn_of(shop.after) + 1
    for position in (shop.after, first):
        cdc.confirm(shop.contract, shop.dsn, position)
        assert slot_of(shop)["confirmed_flush_lsn"] == reached


def test_confirming_a_rows_position_forgets_that_transaction_and_no_later_one(shop: Lake) -> None:
    shop.run("insert into item (id) values (1)", "insert into item (id) values (2)")
    (batch,) = shop.read().batches
    shop.after = batch.rows["_position"][0].as_py()
    cdc.confirm(shop.contract, shop.dsn, shop.after)
    assert from_pg(slot_of(shop)["confirmed_flush_lsn"]) == lsn_of(shop.after) + 1
    assert ids(shop.load()["item"]) == ["2"]


def test_reading_takes_nothing_from_the_slot(shop: Lake) -> None:
    before = slot_of(shop)["confirmed_flush_lsn"]
    shop.run("insert into item (id) values (1)")
    list(shop.read().batches)
    assert slot_of(shop)["confirmed_flush_lsn"] == before


def test_slot_moves_on_while_only_other_tables_are_written(shop: Lake) -> None:
    shop.run("create table other (id int)")
    before = from_pg(slot_of(shop)["restart_lsn"])
    for _ in range(3):
        # A checkpoint notes which transactions run, as the background writer does every 15 s. Slots need it.
        shop.run("insert into other select generate_series(1, 20000)", "checkpoint")
        assert shop.load() == {}
    assert from_pg(slot_of(shop)["restart_lsn"]) > before + 2_000_000


def test_slot_that_is_gone_is_not_passed_over_in_silence(shop: Lake) -> None:
    slot = shop.contract.read_as(CdcRead).slot
    shop.run(f"select pg_drop_replication_slot('{slot}')")
    with pytest.raises(cdc.SnapshotNeededError, match=rf"slot {slot} is gone.*bronze_shop with resnapshot"):
        shop.load()
    with pytest.raises(cdc.SnapshotNeededError, match="is gone"):
        cdc.confirm(shop.contract, shop.dsn, shop.after)


def test_slot_that_somebody_else_moved_is_not_passed_over_in_silence(shop: Lake) -> None:
    shop.run(
        "insert into item (id) values (1)",
        f"select pg_replication_slot_advance('{shop.contract.read_as(CdcRead).slot}', pg_current_wal_lsn())",
    )
    with pytest.raises(cdc.SnapshotNeededError, match="is already at"):
        shop.load()


def test_server_that_is_not_the_one_that_was_loaded_is_noticed(shop: Lake) -> None:
    shop.after = "00FFFFFFFFFFFFFF/9999999999"
    with pytest.raises(cdc.SnapshotNeededError, match="not the server that was loaded"):
        shop.load()
