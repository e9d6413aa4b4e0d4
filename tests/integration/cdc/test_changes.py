"""Every kind of change arrives as the row it should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg

from include.extract import cdc
from tests.integration.cdc.lake import ITEM, ITEM_DDL, Lake, hashed, table

# Random, so that it is neither compressed nor kept inside the row.
LONG = "(select string_agg(md5(i::text || random()::text), '') from generate_series(1, 200) as i)"


def ops(rows: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(row["_op"], row["id"]) for row in rows]


def test_insert_carries_every_column_in_text_form(shop: Lake) -> None:
    shop.run(
        "insert into item values (1, 'naïve 🐝', '', true, 10.50, '2026-11-18 00:00:00.123456-04', null)"
    )
    (row,) = shop.load()["item"]
    assert {name: row[name] for name in ITEM.column_names} == {
        "id": "1",
        "name": "naïve 🐝",
        "note": "",
        "ok": "t",
        "amount": "10.50",
        "at": "2026-11-18 04:00:00.123456+00",
        "sin": None,
    }
    assert row["_op"] == "insert"
    assert row["_unchanged"] is None
    assert row["_rescued"] is None
    assert abs(row["_committed_at"].replace(tzinfo=UTC) - datetime.now(UTC)) < timedelta(minutes=1)


def test_text_form_does_not_follow_the_servers_settings(shop: Lake) -> None:
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        database = connection.info.dbname
        connection.execute(f"alter database {database} set timezone = 'Asia/Tokyo'")
        connection.execute(f"alter database {database} set datestyle = 'German'")
    shop.run("insert into item (id, at) values (1, '2026-11-18 04:00:00+00')")
    assert shop.load()["item"][0]["at"] == "2026-11-18 04:00:00+00"


def test_update_and_delete_carry_the_key(shop: Lake) -> None:
    shop.run("insert into item (id, name) values (1, 'a')", "update item set name = null", "delete from item")
    rows = shop.load()["item"]
    assert ops(rows) == [("insert", "1"), ("update", "1"), ("delete", "1")]
    assert rows[1]["name"] is None
    assert rows[0]["_position"] < rows[1]["_position"] < rows[2]["_position"]


def test_update_of_the_key_is_also_a_delete_of_the_former_key(shop: Lake) -> None:
    shop.run(
        "insert into item (id, name) values (1, 'a'), (2, 'b')", "update item set id = id + 10 where id = 1"
    )
    rows = shop.load()["item"][2:]
    assert ops(rows) == [("delete", "1"), ("update", "11")]
    assert rows[0]["_position"] < rows[1]["_position"]
    assert rows[1]["name"] == "a"
    assert shop.rebuilt("item") == shop.actual("item")


def test_keys_that_move_onto_each_other_in_one_statement_end_up_right(shop: Lake) -> None:
    shop.run(
        "insert into item (id, name) select i, 'n' || i from generate_series(1, 5) as i",
        "update item set id = -id",
        "update item set id = 6 + id",
        "update item set id = 100 where id = 1; delete from item where id = 100",
    )
    shop.load()
    assert shop.rebuilt("item") == shop.actual("item")


def test_truncate_is_a_row_of_its_own(shop: Lake) -> None:
    shop.transaction(
        "insert into item (id) values (1)", "truncate item", "insert into item (id, name) values (2, 'after')"
    )
    rows = shop.load()["item"]
    assert ops(rows) == [("insert", "1"), ("truncate", None), ("insert", "2")]
    assert shop.rebuilt("item") == shop.actual("item")


def test_large_value_that_an_update_leaves_alone_is_named_not_nulled(shop: Lake) -> None:
    shop.run(
        "alter table item alter column note set storage external",
        f"insert into item (id, name, note) values (1, 'a', {LONG}), (2, 'b', null)",
        "update item set name = name || '!'",
    )
    rows = shop.load()["item"]
    assert [row["_unchanged"] for row in rows] == [None, None, '["note"]', None]
    assert rows[2]["note"] is None
    assert shop.rebuilt("item") == shop.actual("item")


def test_large_value_of_a_row_whose_key_changed_is_asked_from_the_source(shop: Lake) -> None:
    shop.run(
        "alter table item alter column note set storage external, alter column sin set storage external",
        f"insert into item (id, note, sin) values (1, {LONG}, {LONG}), (2, {LONG}, null)",
    )
    shop.load()
    shop.run(
        "update item set id = 11 where id = 1",
        "update item set id = 12 where id = 2",
        "update item set name = 'a', id = 22 where id = 12",
        "update item set name = 'b'",
    )
    rows = [row for row in shop.load()["item"] if row["_op"] != "delete"]
    assert [(row["id"], row["_unchanged"]) for row in rows] == [
        ("11", None),
        ("12", '["note"]'),  # no longer at the source under that key
        ("22", None),
        ("11", '["note", "sin"]'),
        ("22", '["note"]'),
    ]
    assert shop.rebuilt("item") == shop.actual("item")


def test_large_value_is_taken_from_the_former_row_where_the_source_sends_it(
    make_lake: Callable[..., Lake],
) -> None:
    external = "alter table item alter column note set storage external, replica identity full"
    lake = make_lake(ITEM, ddl=f"{ITEM_DDL}; {external}")
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run(
        f"insert into item (id, note) values (1, {LONG})",
        "update item set name = 'a'",
        "update item set id = 2",
        "delete from item",
    )
    rows = lake.load()["item"]
    assert ops(rows) == [("insert", "1"), ("update", "1"), ("delete", "1"), ("update", "2"), ("delete", "2")]
    assert [row["_unchanged"] for row in rows] == [None] * 5
    assert rows[0]["note"] == rows[1]["note"] == rows[3]["note"]


def test_large_key_that_an_update_leaves_alone_is_not_a_new_key(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(
        table("item", "id", "name"),
        ddl="create table item (id text primary key, name text);"
        "alter table item alter id set storage external",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    # Above 2000 bytes a value is kept outside its row, below 2704 it still fits an index.
    lake.run("insert into item values (repeat('k', 2500), 'a')", "update item set name = 'b'")
    rows = lake.load()["item"]
    assert [row["_op"] for row in rows] == ["insert", "update"]
    assert rows[1]["id"] == "k" * 2500


def test_restricted_values_are_replaced_in_snapshot_and_stream(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item (id, sin) values (1, '046454286'), (2, null)")
    lake.load()
    lake.run(
        "update item set sin = '130692544' where id = 2",
        "insert into item (id, sin) values (3, '046 454 286')",
    )
    lake.load()
    sins = [row["sin"] for row in lake.rows["item"]]
    assert sins == [hashed("046454286"), None, hashed("130692544"), hashed("046454286")]
    assert "046454286" not in json.dumps(lake.rows, default=str)


def test_one_transaction_over_two_tables_keeps_one_commit_and_one_order(
    make_lake: Callable[..., Lake],
) -> None:
    lake = make_lake(
        table("item", "id", "name"),
        table("sale", "id", "item_id"),
        ddl="create table item (id int primary key, name text);"
        "create table sale (id int primary key, item_id int references item)",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.transaction(
        "insert into item values (1, 'a')",
        "insert into sale values (7, 1)",
        "update item set name = 'b'",
        "truncate sale, item",
    )
    landed = lake.load()
    rows = sorted((row["_position"], name, row["_op"]) for name in landed for row in landed[name])
    assert [(name, op) for _, name, op in rows] == [
        ("item", "insert"),
        ("sale", "insert"),
        ("item", "update"),
        ("item", "truncate"),
        ("sale", "truncate"),
    ]
    assert len({position.split("/")[0] for position, _, _ in rows}) == 1


def test_rolled_back_work_never_arrives(shop: Lake) -> None:
    with psycopg.connect(shop.dsn) as connection:
        connection.execute("insert into item (id) values (1)")
        connection.rollback()
        connection.execute("insert into item (id) values (2)")
        connection.execute("savepoint here")
        connection.execute("insert into item (id) values (3)")
        connection.execute("rollback to here")
        connection.execute("insert into item (id) values (4)")
    assert ops(shop.load()["item"]) == [("insert", "2"), ("insert", "4")]


def test_messages_that_are_no_changes_are_passed_over(make_lake: Callable[..., Lake]) -> None:
    types = "create type mood as enum ('good', 'bad'); create domain short as text check (length(value) < 9)"
    lake = make_lake(
        table("item", "id", "mood", "name"),
        ddl=f"{types}; create table item (id int primary key, mood mood, name short)",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run(
        "select pg_logical_emit_message(true, 'application', 'hello')",
        "select pg_logical_emit_message(false, 'application', 'hello')",
        "select pg_replication_origin_create('elsewhere');"
        "select pg_replication_origin_session_setup('elsewhere');"
        "select pg_replication_origin_xact_setup('0/1', now()); insert into item values (1, 'good', 'a')",
    )
    lake.run("select pg_replication_origin_drop('elsewhere')")
    (row,) = lake.load()["item"]
    assert (row["id"], row["mood"], row["name"]) == ("1", "good", "a")


def test_transaction_larger_than_a_batch_is_numbered_through(shop: Lake) -> None:
    shop.run("insert into item (id, name) select i, md5(i::text) from generate_series(1, 2000) as i")
    rows = shop.load(batch_bytes=10_000)["item"]
    assert len(shop.batches) > 5
    assert [row["id"] for row in rows] == [str(i) for i in range(1, 2001)]
    assert len({row["_position"] for row in rows}) == 2000
    assert sorted(rows, key=lambda row: row["_position"]) == rows
    assert shop.rebuilt("item") == shop.actual("item")


def test_batches_do_not_change_what_is_read(shop: Lake) -> None:
    shop.run(
        "insert into item (id, name) select i, md5(i::text) from generate_series(1, 500) as i",
        "update item set id = -id where id % 7 = 0",
        "truncate item",
        "insert into item (id, name) select i, repeat('x', i) from generate_series(1, 300) as i",
    )
    whole, cut = Lake(shop.contract, shop.dsn, shop.after), Lake(shop.contract, shop.dsn, shop.after)
    expected = whole.land(whole.read())
    got = cut.land(cut.read(batch_bytes=700))
    assert len(cut.batches) > len(whole.batches)
    assert [row for row in got["item"] if row["_position"] <= whole.after] == expected["item"]
