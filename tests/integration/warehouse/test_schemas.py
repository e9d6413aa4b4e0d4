"""Schemas change places all at once: https://docs.snowflake.com/en/sql-reference/sql/alter-schema"""

from __future__ import annotations

import threading
from collections.abc import Callable

from tests.integration.warehouse.clients import Sql

Login = Callable[..., Sql]
ROWS = 2000


def _make(sql: Sql, schema: str, who: str) -> None:
    sql(f"create schema {schema}")
    for table in ("a", "b"):
        sql(
            f"create table {schema}.{table} as select '{who}' as who, seq4() as n from "
            f"table(generator(rowcount => {ROWS}))"
        )


def _names(sql: Sql) -> tuple[str, str]:
    base = sql.one("select current_schema()")
    return f"{base}_LIVE", f"{base}_NEXT"


def test_a_reader_sees_a_swap_happen_all_at_once(sql: Sql, login: Login) -> None:
    """SWAP WITH exchanges all tables of two schemas in one step."""
    live, following = _names(sql)
    _make(sql, live, "one")
    _make(sql, following, "two")
    seen: list[object] = []
    stop = threading.Event()
    reader = login()

    def read() -> None:
        while not stop.is_set():
            found = reader(
                f"select distinct a.who, b.who, count(*) over () from {live}.a join {live}.b on a.n = b.n"
            )
            seen.append(found)

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(12):
        sql(f"alter schema {live} swap with {following}")
    stop.set()
    thread.join()
    assert {str(rows) for rows in seen} <= {f"[('{who}', '{who}', {ROWS})]" for who in ("one", "two")}
    assert len(seen) > 1


def test_a_reader_never_misses_a_replaced_table_or_schema(sql: Sql, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table: CREATE OR REPLACE is atomic."""
    live, following = _names(sql)
    _make(sql, live, "one")
    _make(sql, following, "two")
    seen: list[object] = []
    stop = threading.Event()
    reader = login()

    def read() -> None:
        while not stop.is_set():
            seen.extend(reader(f"select count(*), count(distinct who) from {live}.a"))

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(10):
        sql(
            f"create or replace table {live}.a as select '{number}' as who from table(generator(rowcount "
            f"=> {ROWS}))"
        )
        sql(f"create or replace schema {live} clone {following}")
    stop.set()
    thread.join()
    assert set(seen) == {(ROWS, 1)}


def test_what_is_recorded_travels_with_a_swapped_schema(sql: Sql) -> None:
    """Comments, grants, tags and NOT NULL belong to the objects, so they change places with them."""
    live, following = _names(sql)
    sql("create role if not exists swap_reader")
    sql(f"create schema {live}")
    sql(f"create table {live}.t (id int not null comment 'key', name varchar(3)) comment = 'people'")
    sql(f"create tag {live}.pii")
    sql(f"alter table {live}.t modify column name set tag {live}.pii = 'yes'")
    sql(f"grant usage on schema {live} to role swap_reader")
    sql(f"grant select on table {live}.t to role swap_reader")
    sql(f"create schema {following}")
    sql(f"alter schema {live} swap with {following}")
    owned, used = ("OWNERSHIP", "ACCOUNTADMIN"), ("USAGE", "SWAP_READER")
    assert [(r[1], r[5]) for r in sql(f"show grants on schema {following}")] == [owned, used]
    assert [(r[1], r[5]) for r in sql(f"show grants on schema {live}")] == [owned]
    granted = [(r[1], r[5]) for r in sql(f"show grants on table {following}.t")]
    assert granted == [owned, ("SELECT", "SWAP_READER")]
    described = [(r[0], r[1], r[3], r[9]) for r in sql(f"describe table {following}.t")]
    assert described == [("ID", "NUMBER(38,0)", "N", "key"), ("NAME", "VARCHAR(3)", "Y", None)]
    found = sql(f"select comment from information_schema.tables where table_schema = '{following}'")
    assert found == [("people",)]
    tags = sql(f"select tag_value from table(information_schema.tag_references('{following}.t', 'table'))")
    assert tags == [("yes",)]


def test_views_move_with_their_text_and_comments(sql: Sql) -> None:
    """A view keeps its names: https://docs.snowflake.com/en/user-guide/views-introduction"""
    live, following = _names(sql)
    _make(sql, live, "one")
    _make(sql, following, "two")
    sql(f"create view {live}.v (who comment 'which') comment = 'view' as select who from {live}.a")
    sql(f"alter schema {live} swap with {following}")
    assert sql(f"select distinct who from {following}.v") == [("two",)]
    assert sql(f"describe view {following}.v")[0][9] == "which"
    found = sql(
        f"select comment from information_schema.tables where table_schema = '{following}' and table_name "
        "= 'V'"
    )
    assert found == [("view",)]


def test_clone_copies_rows_and_leaves_the_source_alone(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-clone"""
    live, following = _names(sql)
    _make(sql, live, "one")
    sql(f"comment on table {live}.a is 'first'")
    sql(f"create schema {following} clone {live}")
    sql(f"delete from {following}.a")
    assert sql.one(f"select count(*) from {live}.a") == ROWS
    assert sql.one(f"select count(*) from {following}.b") == ROWS
    comment = sql(
        f"select comment from information_schema.tables where table_schema = '{following}' and table_name "
        "= 'A'"
    )
    assert comment == [("first",)]


def test_rename_takes_everything_along(sql: Sql) -> None:
    live, following = _names(sql)
    _make(sql, live, "one")
    sql(f"alter schema {live} rename to {following}")
    assert sql.one(f"select count(*) from {following}.a") == ROWS
    sql.refused(f"select * from {live}.a", 2003)
    assert [row[1] for row in sql(f"show tables in schema {following}")] == ["A", "B"]


def test_dropping_a_schema_needs_it_to_be_there(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/drop-schema"""
    sql.refused("drop schema NO_SUCH_SCHEMA", 2003)
    sql("drop schema if exists NO_SUCH_SCHEMA")
    sql.refused("create schema PUBLIC", 2002, "already exists")
    sql("create schema if not exists PUBLIC")
