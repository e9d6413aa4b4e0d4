"""A slot read as a stream gives what it gives as one result, in bounded memory, and keeps it all."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from include.contracts import CdcRead
from include.extract import cdc
from include.extract.cdc import stream
from include.extract.cdc.positions import from_pg, lsn_of
from include.extract.errors import SourceUnavailableError
from tests.integration.cdc.lake import ITEM, ITEM_DDL, KEY, Lake, table

STREAMED = {"stream_bytes": 0}
PEEKED = {"stream_bytes": 1 << 60}


def replication(lake: Lake) -> list[tuple[object, ...]]:
    """Sessions that stream from this source: state, how far they say they have read and kept."""
    with psycopg.connect(lake.dsn) as connection:
        return connection.execute(
            "select state, write_lsn::text, flush_lsn::text from pg_stat_replication "
            "join pg_replication_slots on pid = active_pid where database = current_database()"
        ).fetchall()


def confirmed(lake: Lake) -> int:
    with psycopg.connect(lake.dsn) as connection:
        ((lsn,),) = connection.execute(
            "select confirmed_flush_lsn::text from pg_replication_slots where slot_name = %s",
            [lake.contract.read_as(CdcRead).slot],
        )
    return from_pg(lsn)


@pytest.mark.parametrize("batch_bytes", [700, 1 << 24])
def test_both_ways_give_the_same_rows_of_the_same_slot(
    make_lake: Callable[..., Lake], batch_bytes: int
) -> None:
    lake = make_lake(
        ITEM,
        table("sale", "id", "item_id"),
        ddl=f"{ITEM_DDL}; create table sale (id int primary key, item_id int)",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run("insert into item (id) values (-1)")
    lake.land(lake.read())  # loaded and not confirmed: both have to pass it over
    lake.run(
        "alter table item alter note set storage external",
        "insert into item (id, name, note, sin) select i, '🐝' || i, repeat(md5(i::text), 100), '046454286' "
        "from generate_series(1, 50) as i",
        "update item set id = -id where id % 7 = 0",
        "update item set name = null where id % 5 = 0",
        "alter table item rename name to title",
        "insert into item (id, title) values (100, 'renamed')",
        "alter table item rename title to name",
        "insert into sale select i, i from generate_series(1, 300) as i",
        "delete from item where id % 3 = 0",
        "truncate sale",
    )
    with psycopg.connect(lake.dsn) as slow:
        slow.execute("insert into item (id) values (1000)")
        peeked = Lake(lake.contract, lake.dsn, lake.after)
        peeked.land(peeked.read(batch_bytes=batch_bytes, **PEEKED))
        streamed = Lake(lake.contract, lake.dsn, lake.after)
        streamed.land(streamed.read(batch_bytes=batch_bytes, **STREAMED))
    for name in ("item", "sale"):
        rows = sorted(peeked.rows[name], key=lambda row: row["_position"])
        assert sorted(streamed.rows[name], key=lambda row: row["_position"]) == rows
    assert len(peeked.rows["sale"]) == 301


@pytest.mark.parametrize(("way", "sessions"), [(PEEKED, 0), (STREAMED, 1)])
def test_size_of_the_window_says_which_way(shop: Lake, way: dict[str, int], sessions: int) -> None:
    shop.run("insert into item (id, note) select i, repeat('x', 1000) from generate_series(1, 20000) as i")
    with cdc.extract(shop.contract, shop.dsn, after=shop.after, key=KEY, batch_bytes=10_000, **way) as read:
        next(read.batches)
        assert len(replication(shop)) == sessions


def test_transaction_many_times_larger_than_a_batch_comes_in_batches_of_that_size(shop: Lake) -> None:
    batch_bytes, note = 1 << 20, 2000
    shop.transaction(
        f"insert into item (id, note) select i, repeat('x', {note}) from generate_series(1, 8000) as i"
    )
    sizes = []
    with cdc.extract(
        shop.contract, shop.dsn, after=shop.after, key=KEY, batch_bytes=batch_bytes, **STREAMED
    ) as read:
        for batch in read.batches:
            sizes.append(sum(len(value) for value in batch.rows["note"].to_pylist()))
    assert sum(sizes) == 8000 * note
    assert max(sizes) <= batch_bytes + note
    assert len(sizes) >= sum(sizes) // batch_bytes > 10


def test_streaming_takes_nothing_from_the_slot(shop: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    # A source that asks for a sign of life after half of this, and a stop that it does not come to.
    monkeypatch.setitem(stream._SETTINGS, "wal_sender_timeout", "6s")
    before = confirmed(shop)
    shop.run("insert into item (id) values (1)")
    reading = stream.streamed(shop.contract, shop.dsn, after=lsn_of(shop.after), stop=1 << 62, batch_bytes=1)
    with closing(reading) as batches, ThreadPoolExecutor(1) as pool:
        for _ in range(4):  # begin, relation, insert, commit
            next(batches)
        waiting = pool.submit(next, batches)
        give_up = time.monotonic() + 60
        while (sessions := replication(shop)) and sessions[0][1] is None and time.monotonic() < give_up:
            pass
        shop.run("insert into item (id) values (2)")
        waiting.result(60)
    ((state, read, kept),) = sessions
    assert state == "streaming"
    assert read is not None
    assert kept is None
    assert confirmed(shop) == before
    assert [row["id"] for row in shop.load(**STREAMED)["item"]] == ["1", "2"]


def test_stream_of_an_idle_source_ends(shop: Lake) -> None:
    assert shop.load(**STREAMED) == {}
    # Nor does it wait for ever where somebody took the heartbeat out.
    shop.run("alter publication shop_changes drop table governed_analytics.heartbeat")
    assert shop.load(**STREAMED) == {}


def test_stream_that_the_source_ends_is_an_error_and_is_read_again(shop: Lake) -> None:
    shop.run("insert into item (id, note) select i, repeat('x', 1000) from generate_series(1, 20000) as i")
    with cdc.extract(
        shop.contract, shop.dsn, after=shop.after, key=KEY, batch_bytes=1 << 18, **STREAMED
    ) as read:
        next(read.batches)
        shop.run(
            "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where active_pid > 0"
        )
        with pytest.raises(SourceUnavailableError, match="shop: reading changes failed"):
            list(read.batches)
    assert len(shop.load(**STREAMED)["item"]) == 20000


def test_stream_that_cannot_start_says_why(shop: Lake) -> None:
    shop.run(f"select pg_drop_replication_slot('{shop.contract.read_as(CdcRead).slot}')")
    with pytest.raises(psycopg.errors.UndefinedObject, match="does not exist"):
        next(stream.streamed(shop.contract, shop.dsn, after=0, stop=1, batch_bytes=1))
