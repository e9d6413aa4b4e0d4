"""What the source may do to its tables while it is read, and what prepare says about it."""

from __future__ import annotations

import json
from collections.abc import Callable

import psycopg
import pytest

from include.extract import cdc
from include.extract.errors import SourceError
from tests.integration.cdc.lake import ITEM, ITEM_DDL, Lake, contract, hashed, table

NARROW = table("item", "id", "name")


def published_columns(lake: Lake) -> set[str]:
    with psycopg.connect(lake.dsn) as connection:
        rows = connection.execute(
            "select unnest(attnames)::text from pg_publication_tables where tablename = 'item'"
        ).fetchall()
    return {row[0] for row in rows}


def test_uncontracted_columns_do_not_leave_the_source(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(NARROW, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    assert published_columns(lake) == {"id", "name"}
    lake.run("insert into item (id, name, note) values (1, 'a', 'not for us')")
    lake.load()
    lake.run(
        "insert into item (id, name, note) values (2, 'b', 'not for us')", "alter table item add more text"
    )
    lake.run("insert into item (id, name, more) values (3, 'c', 'nor this')")
    lake.load()
    assert [row["id"] for row in lake.rows["item"]] == ["1", "2", "3"]
    assert "for us" not in str(lake.rows)
    assert "nor this" not in str(lake.rows)


def test_column_renamed_in_the_middle_splits_the_batch_and_is_rescued(shop: Lake) -> None:
    shop.run(
        "insert into item (id, name) values (1, 'before')",
        "alter table item rename name to title",
        "insert into item (id, title) values (2, 'after')",
        "alter table item rename title to name",
        "insert into item (id, name) values (3, 'again')",
    )
    rows = sorted(shop.load()["item"], key=lambda row: row["_position"])
    assert [(row["name"], row["_rescued"] and json.loads(row["_rescued"])) for row in rows] == [
        ("before", None),
        (None, {"title": "after"}),
        ("again", None),
    ]


def test_renamed_restricted_column_is_rescued_without_its_value(shop: Lake) -> None:
    shop.run(
        "alter table item rename sin to social_number",
        "insert into item (id, social_number) values (1, '046454286')",
    )
    (row,) = shop.load()["item"]
    assert json.loads(row["_rescued"]) == {"social_number": hashed("046454286")}


def test_column_added_where_whole_rows_are_published_is_rescued(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(
        NARROW,
        ddl="create table item (id int primary key, name text); alter table item replica identity full",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run(
        "insert into item values (1, 'a')",
        "alter table item add colour text",
        "insert into item values (2, 'b', 'réd')",
        "alter table item drop colour",
        "update item set name = 'c'",
    )
    rows = sorted(lake.load()["item"], key=lambda row: row["_position"])
    assert [row["_rescued"] for row in rows] == [None, '{"colour": "réd"}', None, None]
    assert lake.rebuilt("item") == lake.actual("item")


def test_column_retyped_in_the_middle_keeps_each_rows_own_form(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(
        NARROW,
        ddl="create table item (id int primary key, name int); alter table item replica identity full",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run(
        "insert into item values (1, 10)",
        "alter table item alter name type numeric(10, 2)",
        "insert into item values (2, 10)",
        "alter table item alter name type text using 'n' || name",
        "insert into item values (3, 'n10')",
    )
    rows = sorted(lake.load()["item"], key=lambda row: row["_position"])
    assert [(row["id"], row["name"]) for row in rows] == [("1", "10"), ("2", "10.00"), ("3", "n10")]
    # Rewriting the table is no change of its rows to the log: a new snapshot brings their new form.
    lake.load(resnapshot=True)
    assert lake.rebuilt("item") == lake.actual("item")


def test_column_published_by_name_cannot_be_retyped_and_nothing_is_lost(shop: Lake) -> None:
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="publication"):
        shop.run("alter table item alter name type varchar(10)")
    shop.run("insert into item (id, name) values (1, 'a')")
    shop.load()
    assert shop.rebuilt("item") == shop.actual("item")


def test_column_dropped_in_the_middle_is_null_from_there(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(
        NARROW,
        ddl="create table item (id int primary key, name text); alter table item replica identity full",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run(
        "insert into item values (1, 'a')",
        "alter table item drop column name",
        "insert into item values (2)",
        "delete from item where id = 1",
    )
    rows = sorted(lake.load()["item"], key=lambda row: row["_position"])
    assert [(row["_op"], row["id"], row["name"], row["_rescued"]) for row in rows] == [
        ("insert", "1", "a", None),
        ("insert", "2", None, None),
        ("delete", "1", None, None),
    ]
    with pytest.raises(cdc.ContractViolationError, match="no column name"):
        cdc.prepare(lake.contract, lake.dsn)


def test_published_column_dropped_with_cascade_is_never_passed_over(shop: Lake) -> None:
    # It takes the whole table out of the publication: what is written now is in no stream.
    shop.run(
        "insert into item (id) values (1)",
        "alter table item drop column note cascade",
        "insert into item (id) values (2)",
    )
    with pytest.raises(cdc.ContractViolationError, match="no column note"):
        cdc.prepare(shop.contract, shop.dsn)
    shop.run("alter table item add note text")
    with pytest.raises(cdc.SnapshotNeededError, match=r"has not carried public\.item\.amount"):
        cdc.prepare(shop.contract, shop.dsn)
    cdc.prepare(shop.contract, shop.dsn, resnapshot=True)
    shop.load(resnapshot=True)
    assert shop.rebuilt("item") == shop.actual("item")


@pytest.mark.parametrize(
    "break_it", ["alter table item drop column note cascade", "alter table item rename note to n"]
)
def test_missing_contracted_column_is_named_with_the_next_step(shop: Lake, break_it: str) -> None:
    shop.run(break_it)
    with pytest.raises(cdc.ContractViolationError) as caught:
        cdc.prepare(shop.contract, shop.dsn)
    message = str(caught.value)
    for part in ("shop", "public.item", "column note", "#shop", "shop.yaml"):
        assert part in message


def test_missing_table_is_named(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, table("sale", "id"), ddl=ITEM_DDL)
    with pytest.raises(cdc.ContractViolationError, match=r"shop: table public\.sale does not exist"):
        cdc.prepare(lake.contract, lake.dsn)


@pytest.mark.parametrize(
    ("ddl", "reason"),
    [
        ("create table item (id int, name text)", "no primary key"),
        ("create table item (id int, name text, primary key (id) deferrable)", "no primary key"),
        (
            "create table item (id int primary key, name text); alter table item replica identity nothing",
            "NOTHING",
        ),
        ("create table item (id int, name text, shop int, primary key (id, shop))", "identified by shop too"),
        (
            "create table item (id int primary key, name text, more text);"
            "alter table item replica identity full",
            "identified by more too",
        ),
        ("create table item (id int, name text, primary key (id, name))", "its key in the contract is id"),
        ("create table item (id int, name text primary key)", "its key in the contract is id"),
        ("create view item as select 1 as id, 'a' as name", "not an ordinary, logged table"),
        ("create unlogged table item (id int primary key, name text)", "not an ordinary, logged table"),
        (
            "create table item (id int primary key, name text generated always as ('a') stored)",
            "computed by the source",
        ),
    ],
)
def test_table_that_publishing_would_break_is_refused_and_left_alone(
    make_lake: Callable[..., Lake], ddl: str, reason: str
) -> None:
    lake = make_lake(NARROW, ddl=ddl)
    with pytest.raises(cdc.ContractViolationError, match=reason):
        cdc.prepare(lake.contract, lake.dsn)
    with psycopg.connect(lake.dsn) as connection:
        assert connection.execute("select count(*) from pg_publication").fetchone() == (0,)
        assert connection.execute("select to_regnamespace('governed_analytics')").fetchone() == (None,)


def test_applications_updates_go_on_under_an_index_as_identity(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(
        NARROW,
        ddl="create table item (serial int primary key, id int not null unique, name text);"
        "alter table item replica identity using index item_id_key",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.load()
    lake.run(
        "insert into item values (1, 10, 'a'), (2, 20, 'b')",
        "update item set name = 'c'",
        "update item set id = 11 where id = 10",
        "delete from item where id = 20",
    )
    lake.load()
    assert lake.rebuilt("item") == lake.actual("item")


def test_preparing_again_changes_nothing(shop: Lake) -> None:
    state = (
        "select (select xmin::text from pg_publication),"
        "(select string_agg(xmin::text, ',') from pg_publication_rel)"
    )
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        before = connection.execute(state).fetchone()
        cdc.prepare(shop.contract, shop.dsn)
        assert connection.execute(state).fetchone() == before


def test_publication_that_somebody_changed_is_put_right(shop: Lake) -> None:
    shop.run("alter publication shop_changes set (publish = 'insert')")
    cdc.prepare(shop.contract, shop.dsn, resnapshot=True)
    shop.load(resnapshot=True)
    shop.run("insert into item (id) values (1)", "delete from item")
    assert [row["_op"] for row in shop.load()["item"]] == ["insert", "delete"]


def test_publication_of_everything_is_not_taken_over(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(ITEM, ddl=f"{ITEM_DDL}; create publication shop_changes for all tables")
    with pytest.raises(SourceError, match="shop_changes publishes whole schemas"):
        cdc.prepare(lake.contract, lake.dsn)


def test_column_that_the_contract_comes_to_name_needs_a_snapshot(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(NARROW, ddl=ITEM_DDL)
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item (id, name, note) values (1, 'a', 'old'), (2, 'b', 'gone')")
    lake.load()
    lake.contract = contract(ITEM, slot=lake.contract.read.slot)
    with pytest.raises(cdc.SnapshotNeededError, match=r"has not carried .*public\.item\.note.*resnapshot"):
        cdc.prepare(lake.contract, lake.dsn)
    lake.run("delete from item where id = 2")
    cdc.prepare(lake.contract, lake.dsn, resnapshot=True)
    lake.load(resnapshot=True)
    assert lake.rebuilt("item") == lake.actual("item")
    assert lake.rebuilt("item")["1",]["note"] == "old"


def test_column_that_the_contract_no_longer_names_stops_leaving(shop: Lake) -> None:
    shop.contract = contract(NARROW, slot=shop.contract.read.slot)
    cdc.prepare(shop.contract, shop.dsn)
    assert published_columns(shop) == {"id", "name"}
