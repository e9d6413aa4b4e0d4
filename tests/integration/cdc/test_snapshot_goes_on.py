"""A snapshot that is cut short goes on with the tables that were not read, or starts over where it has to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest

from include.extract import cdc
from include.extract.cdc.origin import Server, origin
from include.extract.cdc.positions import from_pg, lsn_of, position
from include.extract.identifiers import IdentifierKey
from tests.integration.cdc.lake import KEY, Lake, Row, Tries, table

NAMES = ("party", "account", "card", "payment")
LONG = "(select string_agg(md5(i::text), '') from generate_series(1, 200) as i)"
DDL = "".join(
    f"create table {name} (id int primary key, name text, note text, sin text);"
    f"alter table {name} alter note set storage external;"
    f"insert into {name} select i, 'old', {LONG}, '046454286' from generate_series(1, 60) as i;"
    for name in NAMES
)


def live(lake: Lake, day: int) -> None:
    """In every table: rows come, change and go, a key moves, one is used again, a large value stays."""
    new = 1000 * day
    for name in NAMES:
        lake.transaction(
            f"insert into {name} values ({new}, 'new', {LONG}, '130692544')",
            f"update {name} set name = 'changed {day}' where id in (1, 2, {new - 1000})",
            f"delete from {name} where id = {day + 10}",
        )
        lake.run(
            f"update {name} set id = {new + 1} where id = {day + 20}",
            f"delete from {name} where id = 30; insert into {name} (id, name) values (30, 'again {day}')",
        )


@pytest.fixture
def bank(make_lake: Callable[..., Lake]) -> Lake:
    """A source of four tables with rows, published; nothing is loaded."""
    tables = [table(name, "id", "name", "note", "sin", restricted=["sin"]) for name in NAMES]
    lake = make_lake(*tables, ddl=DDL)
    cdc.prepare(lake.contract, lake.dsn)
    return lake


def slots(lake: Lake) -> dict[str, int]:
    """The slots of the source's database, and the LSN from which each gives changes."""
    with psycopg.connect(lake.dsn) as connection:
        rows = connection.execute(
            "select slot_name::text, confirmed_flush_lsn::text from pg_replication_slots "
            "where database = current_database()"
        )
        return {name: from_pg(lsn) for name, lsn in rows}


def snapshot_lsns(rows: list[Row]) -> set[int]:
    """The points as of which these rows were read whole."""
    return {lsn_of(row["_position"]) for row in rows if row["_op"] == "snapshot"}


def assert_bronze_is_the_source(lake: Lake) -> None:
    for name in NAMES:
        assert lake.rebuilt(name) == lake.actual(name), name
        positions = [row["_position"] for row in lake.rows.get(name, [])]
        assert len(positions) == len(set(positions)), name


@pytest.mark.parametrize("loaded_before", [False, True], ids=["first", "anew"])
@pytest.mark.parametrize("way", [{}, {"stream_bytes": 0}], ids=["peeked", "streamed"])
def test_tables_that_were_read_are_kept_and_get_what_happened_since(
    bank: Lake, loaded_before: bool, way: dict[str, int]
) -> None:
    tries, how = Tries(), {"batch_bytes": 2000, "resnapshot": loaded_before, **way}
    if loaded_before:
        bank.load()
        live(bank, 1)
        cdc.prepare(bank.contract, bank.dsn, resnapshot=True)
    tries.cut_short(bank, 2, **how)
    live(bank, 2)
    tries.cut_short(bank, 1, **how)
    live(bank, 3)
    extraction = tries.to_the_end(bank, **{**how, "truth_seconds": 60})
    assert list(slots(bank)) == [bank.contract.read.slot]  # a passing one has passed
    live(bank, 4)
    earlier = {name: len(bank.rows.get(name, [])) for name in NAMES}
    landed = bank.land(extraction)
    assert extraction.truth() == bank.states()

    (first,), (second,), (third,), (fourth,) = (snapshot_lsns(landed[name]) for name in NAMES)
    assert first == second < third < fourth == lsn_of(extraction.stop)
    # What happened to a table before it was read is in what was read, and nowhere else.
    for name, begun in zip(NAMES, (first, second, third, fourth), strict=True):
        assert min(lsn_of(row["_position"]) for row in landed[name]) == begun
    operations = {name: {row["_op"] for row in landed[name]} for name in NAMES}
    assert operations["payment"] <= {"snapshot", "truncate"}
    for name in ("party", "account", "card"):
        assert {"insert", "update", "delete"} <= operations[name]
        truncates = [row for row in landed[name] if row["_op"] == "truncate"]
        assert len(truncates) == loaded_before
        if truncates:
            assert truncates[0]["_position"] == min(row["_position"] for row in landed[name])
            former = bank.rows[name][: earlier[name]]
            assert truncates[0]["_position"] > max(row["_position"] for row in former)

    cdc.confirm(bank.contract, bank.dsn, extraction.stop)
    assert slots(bank) == {bank.contract.read.slot: lsn_of(extraction.stop) + 1}
    changes = bank.load()
    assert set(changes) == set(NAMES)
    assert_bronze_is_the_source(bank)
    assert bank.load() == {}


def test_try_that_was_cut_short_when_all_tables_were_read_reads_only_changes(bank: Lake) -> None:
    tries = Tries()
    tries.cut_short(bank, 2)
    live(bank, 1)
    tries.to_the_end(bank)  # and then nobody was told
    live(bank, 2)
    again = tries.to_the_end(bank, truth_seconds=60)
    kept = len(tries.whole)
    bank.land(again)
    assert again.truth() == bank.states()
    assert len(tries.whole) == kept
    assert_bronze_is_the_source(bank)


def test_table_that_was_emptied_after_it_was_read_is_empty(bank: Lake) -> None:
    tries = Tries()
    tries.cut_short(bank, 2)
    bank.run("truncate party, payment", "insert into party (id, name) values (1, 'after')")
    extraction = tries.to_the_end(bank, truth_seconds=60)
    bank.land(extraction)
    assert extraction.truth() == bank.states()
    assert [row["_op"] for row in bank.rows["party"]][-2:] == ["truncate", "insert"]
    assert "payment" not in bank.rows
    assert_bronze_is_the_source(bank)


def test_transaction_that_commits_between_the_tries_comes_once(bank: Lake) -> None:
    tries = Tries()
    tries.cut_short(bank, 1)
    with psycopg.connect(bank.dsn) as slow:
        for name in ("party", "payment"):
            slow.execute(f"insert into {name} (id) values (500)")
        bank.run("insert into party (id) values (501)")
        slow.commit()
    bank.land(tries.to_the_end(bank))
    for name in ("party", "payment"):
        assert [row["id"] for row in bank.rows[name]].count("500") == 1
    assert_bronze_is_the_source(bank)


def moved(lake: Lake) -> None:
    lake.run(f"select pg_replication_slot_advance('{lake.contract.read.slot}', pg_current_wal_lsn())")


def made_again(lake: Lake) -> None:
    slot = lake.contract.read.slot
    lake.run(
        f"select pg_drop_replication_slot('{slot}')",
        f"select pg_create_logical_replication_slot('{slot}', 'pgoutput')",
    )


def gone(lake: Lake) -> None:
    lake.run(f"select pg_drop_replication_slot('{lake.contract.read.slot}')")


def prepared_anew(lake: Lake) -> None:
    """As a run with `resnapshot` does that somebody starts, or clears as a whole."""
    cdc.prepare(lake.contract, lake.dsn, resnapshot=True)


def another_version(lake: Lake) -> None:
    lake.contract = replace(lake.contract, version="1.0.1")


def another_column(lake: Lake) -> None:
    first, *others = lake.contract.tables
    fewer = replace(first, columns=first.columns[:-1])
    lake.contract = replace(lake.contract, tables=(fewer, *others))


@pytest.mark.parametrize(
    "happened", [moved, made_again, gone, prepared_anew, another_version, another_column]
)
def test_snapshot_starts_over_where_its_tables_no_longer_fit(
    bank: Lake, happened: Callable[[Lake], None]
) -> None:
    tries = Tries()
    tries.cut_short(bank, 2)
    former, first = tries.origin, tries.reach["party"]
    live(bank, 1)
    happened(bank)
    extraction = tries.to_the_end(bank, truth_seconds=60)
    assert former not in tries.asked[1:]
    assert set(tries.reach.values()) == {extraction.stop}
    assert extraction.stop > first
    bank.land(extraction)
    assert extraction.truth() == bank.states()
    live(bank, 2)
    cdc.confirm(bank.contract, bank.dsn, extraction.stop)
    bank.load()
    assert_bronze_is_the_source(bank)


def test_snapshot_under_another_identifier_key_starts_over(bank: Lake) -> None:
    tries = Tries()
    tries.cut_short(bank, 2)
    bank.land(tries.to_the_end(bank, key=IdentifierKey("test-2", b"n" * 32)))
    for name in NAMES:
        assert {row["sin"].split(":")[1] for row in bank.rows[name]} == {"test-2"}


def test_first_snapshot_is_not_the_half_of_one_that_takes_back_rows(bank: Lake) -> None:
    tries = Tries()
    tries.cut_short(bank, 2)
    bank.after = position(1)
    bank.land(tries.to_the_end(bank, resnapshot=True))
    for name in NAMES:
        assert [row["_op"] for row in bank.rows[name]].count("truncate") == 1


@pytest.fixture
def short_log(bank: Lake) -> Iterator[Lake]:
    """A source that throws away what a slot is behind by more than a megabyte."""
    bank.run("alter system set max_slot_wal_keep_size = '1MB'", "select pg_reload_conf()")
    yield bank
    bank.run("alter system reset max_slot_wal_keep_size", "select pg_reload_conf()")


def test_snapshot_whose_slot_was_lost_starts_over(short_log: Lake) -> None:
    tries = Tries()
    tries.cut_short(short_log, 2)
    live(short_log, 1)
    for _ in range(2):
        short_log.run(
            "create table filler as select repeat(md5(i::text), 100) from generate_series(1, 5000) as i",
            "select pg_switch_wal()",
            "checkpoint",
            "drop table filler",
        )
    extraction = tries.to_the_end(short_log)
    assert set(tries.reach.values()) == {extraction.stop}
    short_log.land(extraction)
    assert_bronze_is_the_source(short_log)


def test_promoted_or_restored_server_is_another_origin(bank: Lake) -> None:
    of = {
        origin(bank.contract, server, 1 << 24, key=KEY, anew=False)
        for server in (Server("7", 1), Server("7", 2), Server("8", 1))
    }
    assert len(of) == 3
    assert KEY.key.hex() not in str(of)
