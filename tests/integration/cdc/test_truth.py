"""The source says what it holds at exactly the point a load reaches: bronze can be held against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import psycopg
import pytest
from psycopg import sql

from include.extract import cdc
from include.extract.cdc import truth
from tests.integration.cdc.lake import ITEM, ITEM_DDL, KEY, Lake, state_of, table

WRITES = (
    "insert into item (id, name, amount) values (%s, 'a\\\"\n🐝', 1.50)",
    "update item set name = '', note = null where id = %s - 1",
    "delete from item where id = %s - 3",
)


def kept_slots(lake: Lake) -> list[str]:
    with psycopg.connect(lake.dsn) as connection:
        rows = connection.execute(
            "select slot_name::text from pg_replication_slots where database = current_database()"
        )
        return [name for (name,) in rows]


def test_bronze_at_each_stop_is_the_source_at_that_point_while_it_is_written(shop: Lake) -> None:
    shop.run("create table apart (id int)", "insert into item (id, sin) values (0, '046454286')")
    over = Event()

    def write() -> None:
        with psycopg.connect(shop.dsn) as connection:
            number = 10
            while not over.is_set():
                for statement in WRITES:
                    connection.execute(statement, [number])
                connection.commit()
                number += 1

    seen = []
    with ThreadPoolExecutor(2) as pool:
        writing = pool.submit(write)
        try:
            for again in (False, False, True, False, False):
                extraction = shop.read(resnapshot=again, truth_seconds=60)
                shop.land(extraction)
                assert extraction.truth() == shop.states()
                seen.append(extraction.truth()["item"])
        finally:
            over.set()
        writing.result()
    assert len(set(seen)) == len(seen)  # it was written all the while
    assert kept_slots(shop) == [shop.contract.read.slot]


@pytest.mark.parametrize(
    "change", ["a row is missing", "a value differs", "null became empty", "one is twice"]
)
def test_any_difference_is_seen(shop: Lake, change: str) -> None:
    shop.run("insert into item (id, name) values (1, 'a'), (2, 'b'), (3, null)")
    extraction = shop.read(truth_seconds=60)
    shop.land(extraction)
    state = shop.rebuilt("item")
    assert extraction.truth()["item"] == state_of(ITEM, state)
    if change == "a row is missing":
        del state["1",]
    elif change == "a value differs":
        state["2",]["name"] = "B"
    elif change == "null became empty":
        state["3",]["name"] = ""
    else:
        state["1", "again"] = state["1",]
    assert extraction.truth()["item"] != state_of(ITEM, state)


def test_restricted_and_nested_columns_are_not_compared(make_lake: Callable[..., Lake]) -> None:
    described = table("item", "id", "sin", "extra", restricted=["sin"])
    nested = replace(described.column("extra"), logical_type="object", physical_type="jsonb")
    described = replace(described, columns=(*described.columns[:2], nested))
    assert cdc.compared(described) == ("id",)
    lake = make_lake(described, ddl="create table item (id int primary key, sin text, extra jsonb)")
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("""insert into item values (1, '046454286', '{"b": 1, "a": 2}')""")
    extraction = lake.read(truth_seconds=60)
    lake.land(extraction)
    assert extraction.truth() == lake.states()


def test_empty_table_has_a_state_too(shop: Lake) -> None:
    assert shop.read(truth_seconds=60).truth() == {"item": cdc.SourceState(0, 0)}


def test_table_of_which_nothing_is_compared_is_counted(make_lake: Callable[..., Lake]) -> None:
    described = table("item", "id", restricted=["id"])
    assert cdc.compared(described) == ()
    lake = make_lake(described, ddl="create table item (id text primary key)")
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item values ('046454286'), ('130692544')")
    extraction = lake.read(truth_seconds=60)
    lake.land(extraction)
    assert extraction.truth() == lake.states()
    assert extraction.truth()["item"].rows == 2


def test_transaction_that_stays_open_leaves_no_reading_and_loads_all_the_same(
    shop: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(truth, "WAIT_SECONDS", 1)
    with psycopg.connect(shop.dsn) as slow:
        slow.execute("insert into item (id) values (1)")
        shop.run("insert into item (id) values (2)")
        extraction = shop.read(truth_seconds=60)
    assert extraction.truth() == {}
    assert "shop: its tables could not be counted" in caplog.text
    assert "lock timeout" in caplog.text
    assert [row["id"] for row in shop.land(extraction)["item"]] == ["2"]
    assert kept_slots(shop) == [shop.contract.read.slot]


def test_table_that_takes_too_long_leaves_no_reading(
    make_lake: Callable[..., Lake], caplog: pytest.LogCaptureFixture
) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run("insert into item (id, name) select i, repeat('x', 100000) from generate_series(1, 200) as i")
    extraction = lake.read(truth_seconds=0.001)
    assert extraction.truth() == {}
    assert "statement timeout" in caplog.text
    assert lake.land(extraction)["item"]


def test_column_that_is_gone_leaves_no_reading(shop: Lake, caplog: pytest.LogCaptureFixture) -> None:
    shop.run("insert into item (id) values (1)", "alter table item rename name to title")
    extraction = shop.read(truth_seconds=60)
    assert extraction.truth() == {}
    assert "shop: its tables could not be counted" in caplog.text
    assert [row["id"] for row in shop.land(extraction)["item"]] == ["1"]


def test_nobody_asks_the_source_where_no_reading_is_wanted(
    shop: Lake, caplog: pytest.LogCaptureFixture
) -> None:
    assert shop.read(truth_seconds=0).truth() == {}
    assert not caplog.records


@pytest.fixture
def answers_once_unlocked(shop: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[psycopg.Connection]:
    """A session whose lock the source's answer waits for."""
    query = sql.SQL("select 7, 7 from (select pg_advisory_lock_shared(1)) as waited")
    monkeypatch.setattr(truth, "_query", lambda *_: query)
    with psycopg.connect(shop.dsn, autocommit=True) as holder:
        holder.execute("select pg_advisory_lock(1)")
        yield holder


@pytest.mark.parametrize("again", [False, True], ids=["changes", "whole tables"])
def test_source_counts_while_its_rows_are_read(
    shop: Lake, answers_once_unlocked: psycopg.Connection, *, again: bool
) -> None:
    shop.run("insert into item (id) values (1)")
    options = {"key": KEY, "resnapshot": again, "truth_seconds": 60}
    with cdc.extract(shop.contract, shop.dsn, after=shop.after, **options) as read:
        rows = sum(batch.rows.num_rows for batch in read.batches)
        answers_once_unlocked.execute("select pg_advisory_unlock(1)")
        assert read.truth() == {"item": cdc.SourceState(7, 7)}
    assert rows == 1 + again


@pytest.mark.usefixtures("answers_once_unlocked")
@pytest.mark.parametrize("again", [False, True], ids=["changes", "whole tables"])
def test_whoever_leaves_early_leaves_nobody_counting(
    shop: Lake, caplog: pytest.LogCaptureFixture, *, again: bool
) -> None:
    with cdc.extract(shop.contract, shop.dsn, after=shop.after, key=KEY, resnapshot=again):
        pass
    assert "due to user request" in caplog.text
