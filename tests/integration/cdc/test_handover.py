"""Nothing is lost and nothing is loaded twice: from snapshot to stream, load to load, across kills."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from include.contracts import CdcRead
from include.extract import cdc
from include.extract.errors import SourceError
from include.sandbox.postgres import Postgres
from tests.integration.cdc.lake import ITEM, ITEM_DDL, KEY, Lake

KILLED_EXTRACT = """
import sys
from include.extract import cdc
from tests.integration.cdc.lake import ITEM, KEY, contract
slot, dsn, after = sys.argv[1:]
with cdc.extract(contract(ITEM, slot=slot), dsn, after=after or None, key=KEY, batch_bytes=2000) as read:
    next(read.batches)
    print("reading", flush=True)
    sys.stdin.read()
"""


def ids(rows: list[dict[str, object]]) -> list[object]:
    return [row["id"] for row in rows]


def test_snapshot_sorts_before_every_change(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item (id) select generate_series(1, 300)")
    first = lake.load(batch_bytes=1000)["item"]
    assert {row["_op"] for row in first} == {"snapshot"}
    assert len({row["_position"] for row in first}) == 300
    lake.run("insert into item (id) values (301)")
    second = lake.load()["item"]
    assert max(row["_position"] for row in first) < second[0]["_position"]
    assert max(row["_committed_at"] for row in first) < second[0]["_committed_at"]


def test_writer_that_never_stops_loses_nothing_to_the_handover(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item (id, name) select i, 'old' from generate_series(-2000, -1) as i")
    under_way = threading.Event()

    def write(first: int) -> None:
        with psycopg.connect(lake.dsn) as connection:
            for number in range(first, first + 600):
                connection.execute("insert into item (id, name) values (%s, 'new')", [number])
                if number % 5 == 0:
                    connection.execute("delete from item where id = %s", [-number])
                if number % 7 == 0:
                    connection.execute("update item set name = 'touched' where id = %s", [number - 7])
                connection.commit()
                if number == first + 100:
                    under_way.set()

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write, first) for first in (1, 1001)]
        under_way.wait(30)
        loads = [lake.load(batch_bytes=100_000)]
        while not all(writer.done() for writer in writers):
            loads.append(lake.load())
        loads.append(lake.load())
        for writer in writers:
            writer.result()
    assert len(loads) > 2
    arrivals = [row["id"] for row in lake.rows["item"] if row["_op"] in {"snapshot", "insert"}]
    assert len(arrivals) == len(set(arrivals))
    assert len([number for number in arrivals if int(number) > 0]) == 1200
    assert any(row["_op"] == "snapshot" and int(row["id"]) > 0 for row in lake.rows["item"])
    positions = [row["_position"] for row in lake.rows["item"]]
    assert len(positions) == len(set(positions))
    assert lake.rebuilt("item") == lake.actual("item")


def test_what_was_loaded_but_not_confirmed_is_read_again_and_skipped(shop: Lake) -> None:
    shop.run("insert into item (id) values (1)")
    shop.land(shop.read())
    shop.run("insert into item (id) values (2)")
    assert ids(shop.land(shop.read())["item"]) == ["2"]
    assert shop.load() == {}


def test_what_was_read_but_not_loaded_is_read_again(shop: Lake) -> None:
    shop.run("insert into item (id) values (1)")
    lost = list(shop.read().batches)
    shop.run("insert into item (id) values (2)")
    again = shop.load()["item"]
    assert ids(again) == ["1", "2"]
    assert lost[0].rows.to_pylist() == again[:1]


def test_snapshot_that_was_cut_short_starts_over(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item (id) select generate_series(1, 500)")
    with cdc.extract(lake.contract, lake.dsn, after=None, key=KEY, batch_bytes=1000) as read:
        next(read.batches)
    lake.run("insert into item (id) values (501)", "delete from item where id = 1")
    lake.load()
    assert sorted(map(int, ids(lake.rows["item"]))) == list(range(2, 502))
    assert {row["_op"] for row in lake.rows["item"]} == {"snapshot"}


@pytest.mark.parametrize("loaded_before", [False, True], ids=["snapshot", "stream"])
def test_killed_reader_is_no_obstacle_to_the_next_try(
    make_lake: Callable[..., Lake], loaded_before: bool
) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    if loaded_before:
        lake.load()
    # Far more than sockets buffer: the killed reader's session is left in the middle of sending.
    lake.run(
        "insert into item (id, note) select i, repeat(md5(i::text), 20) from generate_series(1, 20000) as i"
    )
    argv = [
        sys.executable,
        "-c",
        KILLED_EXTRACT,
        lake.contract.read_as(CdcRead).slot,
        lake.dsn,
        lake.after or "",
    ]
    reader = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert reader.stdout is not None
    assert reader.stdout.readline() == b"reading\n"
    reader.kill()
    reader.communicate()
    lake.load()
    assert lake.rebuilt("item") == lake.actual("item")
    assert len(lake.rows["item"]) == 20000


def test_transaction_open_across_the_stop_comes_whole_next_time(shop: Lake) -> None:
    with psycopg.connect(shop.dsn) as slow:
        slow.execute("insert into item (id) values (1)")
        shop.run("insert into item (id) values (2)")
        assert ids(shop.load()["item"]) == ["2"]
        slow.execute("insert into item (id) values (3)")
        slow.commit()
    assert ids(shop.load()["item"]) == ["1", "3"]


def test_transaction_that_commits_at_the_very_stop_comes_next_time(shop: Lake) -> None:
    with psycopg.connect(shop.dsn) as slow:
        slow.execute("insert into item (id) values (1)")
        for _ in range(3):
            assert shop.load() == {}
        slow.commit()  # the first thing in the log behind the stop
    assert ids(shop.load()["item"]) == ["1"]


def test_snapshot_waits_for_open_transactions_and_has_them_once(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    with psycopg.connect(lake.dsn) as slow, ThreadPoolExecutor(1) as pool:
        slow.execute("insert into item (id) values (1)")
        loading = pool.submit(lake.load)
        with psycopg.connect(lake.dsn, autocommit=True) as connection:
            waiting = "select 1 from pg_locks where locktype = 'transactionid' and not granted"
            while connection.execute(waiting).fetchone() is None:
                assert not loading.done()
        slow.execute("insert into item (id) values (2)")
        slow.commit()
        loading.result(30)
    lake.load()
    assert sorted(ids(lake.rows["item"])) == ["1", "2"]


def test_commit_that_did_not_wait_for_the_disk_is_not_lost(shop: Lake) -> None:
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        connection.execute("set synchronous_commit = off")
        for number in range(20):
            connection.execute("insert into item (id) values (%s)", [number])
            assert ids(shop.load()["item"]) == [str(number)]


def test_source_that_crashes_between_load_and_confirm_gives_all_and_nothing_twice(
    shop: Lake, server: Postgres
) -> None:
    shop.run("insert into item (id) values (1)")
    shop.load()
    shop.run("insert into item (id) values (2)")
    shop.land(shop.read())
    server.kill()
    server.start()
    cdc.confirm(shop.contract, shop.dsn, shop.after)
    shop.run("insert into item (id) values (3)")
    assert ids(shop.load()["item"]) == ["3"]


def test_errors_do_not_hold_the_password(shop: Lake) -> None:
    wrong = shop.dsn.replace("@", "x@")
    password = psycopg.conninfo.conninfo_to_dict(shop.dsn)["password"]
    for step in (
        lambda: cdc.prepare(shop.contract, wrong),
        lambda: cdc.confirm(shop.contract, wrong, shop.after),
        lambda: Lake(shop.contract, wrong).load(),
        lambda: Lake(shop.contract, wrong, shop.after).load(),
    ):
        with pytest.raises(SourceError, match=r"shop: .* failed.*connection shop") as caught:
            step()
        assert password not in str(caught.value)


def test_row_security_is_an_error_rather_than_a_partial_snapshot(
    make_lake: Callable[..., Lake],
) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    name = lake.contract.read_as(CdcRead).slot
    lake.run(
        f"create role {name} login replication password 'pw'",
        f"grant all on database {name} to {name}",
        f"grant select on item to {name}",
        "alter table item enable row level security",
        "insert into item (id) values (1)",
    )
    cdc.prepare(lake.contract, lake.dsn)
    limited = Lake(lake.contract, psycopg.conninfo.make_conninfo(lake.dsn, user=name, password="pw"))
    with pytest.raises(SourceError, match="row-level security"):
        limited.load()
    lake.run(f"drop owned by {name} cascade", f"drop role {name}")
