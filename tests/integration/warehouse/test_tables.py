"""CREATE, ALTER, CLONE and COMMENT of tables and views."""

from __future__ import annotations

from tests.integration.warehouse.clients import Sql


def test_create_or_replace_may_read_what_it_replaces(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table"""
    sql("create table t as select 1 as x")
    sql("create or replace table t as select x + 1 as x from t")
    sql("create or replace table t (x number(10, 0) not null) as select x + 1 from t")
    assert sql("select * from t") == [(3,)]
    sql.refused("create table t (y int)", 2002, "already exists")
    sql("create table if not exists t (y int)")
    assert sql("select x from t") == [(3,)]


def test_a_failed_replace_leaves_the_old_table(sql: Sql) -> None:
    sql("create table t as select 1 as x")
    sql.refused("create or replace table t (x varchar(1)) as select 'too long'", 100078)
    sql.refused("create or replace table t as select 1 / 0 as x", 100051)
    assert sql("select * from t") == [(1,)]


def test_describe_prints_snowflake_types(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/desc-table"""
    sql(
        "create table t (i int, n number(12, 2) default 1.5, f float, s varchar, c varchar(7), b boolean, "
        "d date, at timestamp_ntz(6), z timestamp_tz, v variant, raw binary)"
    )
    assert [row[1] for row in sql("describe table t")] == [
        "NUMBER(38,0)",
        "NUMBER(12,2)",
        "FLOAT",
        "VARCHAR(16777216)",
        "VARCHAR(7)",
        "BOOLEAN",
        "DATE",
        "TIMESTAMP_NTZ(6)",
        "TIMESTAMP_TZ(9)",
        "VARIANT",
        "BINARY(8388608)",
    ]
    sql("insert into t (i) values (1)")
    assert str(sql.one("select n from t")) == "1.50"
    sql.refused("describe table no_such_table", 2003, "does not exist or not authorized")


def test_alter_table_changes_columns_and_keeps_rows(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-table"""
    sql("create table t (a int comment 'first', b varchar(3)) comment = 'kept'")
    sql("insert into t values (1, 'abc')")
    sql("alter table t add column c varchar(2) not null default 'x', d date")
    sql("alter table t add column if not exists d date")
    sql("alter table t alter column b set data type varchar(10)")
    sql("alter table t rename column a to id")
    sql("alter table t alter id comment 'key', c comment $$it's$$")
    sql("alter table t modify column b set not null")
    sql("alter table t drop column d")
    assert [(r[0], r[1], r[3], r[9]) for r in sql("describe table t")] == [
        ("ID", "NUMBER(38,0)", "Y", "key"),
        ("B", "VARCHAR(10)", "N", None),
        ("C", "VARCHAR(2)", "N", "it's"),
    ]
    assert sql("select * from t") == [(1, "abc", "x")]
    schema = sql.one("select current_schema()")
    assert sql(f"select comment from information_schema.tables where table_schema = '{schema}'") == [
        ("kept",)
    ]
    sql.refused("alter table t alter column nope drop not null", 904)
    sql.refused("alter table nope add column x int", 2003)


def test_swap_rename_and_clone(sql: Sql) -> None:
    sql("create table one as select 1 as x")
    sql("create table two as select 2 as x")
    sql("alter table one swap with two")
    assert sql("select one.x, two.x from one, two") == [(2, 1)]
    sql("alter table two rename to three")
    sql("create table four clone three")
    sql("delete from four")
    assert sql("select x from three") == [(1,)]


def test_comments_are_read_back(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/comment"""
    sql("create table t (a int)")
    sql("create view v (a comment 'column of the view') comment = 'a view' as select a from t")
    sql("comment on table t is 'a table'")
    sql("comment on column t.a is 'a column'")
    sql("comment if exists on table nope is 'x'")
    schema = sql.one("select current_schema()")
    assert sql(
        "select table_name, table_type, comment from information_schema.tables where table_schema = "
        f"'{schema}' order by 1"
    ) == [("T", "BASE TABLE", "a table"), ("V", "VIEW", "a view")]
    assert sql(
        f"select table_name, comment from information_schema.columns where table_schema = '{schema}' order "
        "by 1"
    ) == [("T", "a column"), ("V", "column of the view")]


def test_information_schema_knows_declared_lengths(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/info-schema/columns"""
    sql("create table t (short varchar(5), wide varchar, n number(9, 2))")
    schema = sql.one("select current_schema()")
    assert sql(
        "select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale "
        f"from information_schema.columns where table_schema = '{schema}' order by ordinal_position"
    ) == [
        ("SHORT", "TEXT", 5, None, None),
        ("WIDE", "TEXT", 16777216, None, None),
        ("N", "NUMBER", None, 9, 2),
    ]


def test_dropping_takes_the_right_kind(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/drop-table"""
    sql("create table t (a int)")
    sql("create view v as select a from t")
    sql.refused("drop table v", 2203, "VIEW")
    sql.refused("drop table nope", 2003)
    sql("drop table if exists nope")
    sql("drop view v")
    sql("drop table t")
    assert sql("show objects") == []


def test_names_that_duckdb_reserves_are_plain_names(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/reserved-keywords"""
    sql('create table t (at date, offset int, end_ int, "select" int, pivot int)')
    sql("insert into t (at, offset, \"select\", pivot) values ('2026-01-02', 1, 2, 3)")
    assert sql("select t.offset, \"select\", pivot, datediff(day, at, '2026-01-03') from t") == [(1, 2, 3, 1)]


def test_a_comment_is_described_as_it_is_now_and_moves_with_its_column(sql: Sql) -> None:
    def comments(table: str) -> list[str | None]:
        return [row[9] for row in sql(f"describe table {table}")]

    sql("create or replace table commented (a int comment 'first', b varchar(3))")
    assert comments("commented") == ["first", None]
    sql("comment on column commented.a is 'second'")
    sql("alter table commented alter column b comment 'third'")
    assert comments("commented") == ["second", "third"]
    sql("alter table commented alter column b set data type varchar(9)")
    sql("create or replace table copied clone commented")
    assert comments("commented") == comments("copied") == ["second", "third"]
    sql("create or replace table commented (a int)")
    assert comments("commented") == [None]
