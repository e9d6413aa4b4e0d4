"""Sessions: context, transactions and temporary objects."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import snowflake.connector

from tests.integration.warehouse.clients import Sql, WarehouseProcess

Login = Callable[..., Sql]


def test_login_sets_database_schema_role_and_warehouse(login: Login) -> None:
    """https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-connect"""
    login()("create role if not exists loader")
    session = login(schema="PUBLIC", role="loader", warehouse="load_wh")
    context = session.one(
        "select current_database(), current_schema(), current_role(), current_warehouse(), current_user()"
    )
    assert context == ("ANALYTICS", "PUBLIC", "LOADER", "LOAD_WH", "TESTER")


def test_use_schema_with_a_database_changes_both(login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/use-schema"""
    session = login()
    session("create database if not exists OTHER")
    session("use database ANALYTICS")
    session("use schema OTHER.PUBLIC")
    assert session.one("select current_database(), current_schema()") == ("OTHER", "PUBLIC")
    session.refused("use schema NO_SUCH_SCHEMA", 2043)
    assert session.one("select current_database(), current_schema()") == ("OTHER", "PUBLIC")
    session("drop database OTHER")


def test_a_new_schema_becomes_the_current_one(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-schema#usage-notes"""
    created = sql.one("select current_schema()")
    sql(f"create schema {created}_NEXT")
    assert sql.one("select current_schema()") == f"{created}_NEXT"


def test_each_session_has_its_own_transaction(sql: Sql, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#read-committed-isolation"""
    other = login(schema=sql.one("select current_schema()"))
    sql("create table t (x int)")
    sql("begin")
    sql("insert into t values (1)")
    assert other.one("select count(*) from t") == 0
    sql("commit")
    assert other.one("select count(*) from t") == 1


def test_rollback_undoes_every_statement_of_the_transaction(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/rollback"""
    sql("create table t (x int)")
    sql("begin")
    sql("insert into t values (1)")
    sql("truncate table t")
    sql("insert into t values (2)")
    sql("rollback")
    assert sql("select * from t") == []


def test_ddl_commits_the_open_transaction(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#ddl"""
    sql("create table t (x int)")
    sql("begin")
    sql("insert into t values (1)")
    sql("create table u (x int)")
    sql("rollback")
    assert sql("select * from t") == [(1,)]


def test_autocommit_off_starts_a_transaction_with_the_first_dml(sql: Sql, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#autocommit"""
    sql("create table t (x int)")
    manual = login(schema=sql.one("select current_schema()"), autocommit=False)
    manual("insert into t values (1)")
    assert sql("select * from t") == []
    manual.connection.commit()
    assert sql("select * from t") == [(1,)]


def test_commit_of_a_failed_transaction_fails_and_keeps_nothing(sql: Sql) -> None:
    """The sandbox cannot undo one statement alone, so it must not pretend that it committed."""
    sql("create table t (x int)")
    sql("begin")
    sql("insert into t values (1)")
    sql.refused("insert into t select 'not a number'", 100038)
    sql.refused("commit", 90232)
    assert sql("select * from t") == []


def test_temporary_tables_are_private_and_hide_permanent_ones(sql: Sql, login: Login) -> None:
    """https://docs.snowflake.com/en/user-guide/tables-temp-transient#potential-naming-conflicts-with-other-table-types"""
    schema = sql.one("select current_schema()")
    other = login(schema=schema)
    sql("create table t as select 'permanent' as kind")
    sql(f"create temporary table ANALYTICS.{schema}.t as select 'temporary' as kind")
    assert sql(f"select t.kind from {schema}.t") == [("temporary",)]
    assert other("select kind from t") == [("permanent",)]
    sql("drop table t")
    assert sql("select kind from t") == [("permanent",)]


def test_temporary_tables_end_with_the_session(sql: Sql, warehouse: WarehouseProcess, login: Login) -> None:
    """https://docs.snowflake.com/en/user-guide/tables-temp-transient#temporary-tables"""
    schema = sql.one("select current_schema()")
    brief = warehouse.connect(schema=schema)
    brief.cursor().execute("create temporary table t (x int)")
    brief.close()
    login(schema=schema).refused("select * from t", 2003, "does not exist or not authorized")


def test_temporary_table_with_a_quoted_name_is_described(sql: Sql) -> None:
    """dbt's snapshots look at `..."T__dbt_tmp"` for the columns that they insert."""
    sql('create temporary table "T__dbt_tmp" as select 1 as a')
    assert [row[0] for row in sql('describe table "T__dbt_tmp"')] == ["A"]


def test_temporary_table_is_described_written_and_replaced_like_any_other(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table#create-table-like"""
    sql("create table t (id varchar(5) not null, at timestamp_ntz(6))")
    sql("create temporary table copied like t")
    assert [row[:2] for row in sql("describe table copied")] == [
        ("ID", "VARCHAR(5)"),
        ("AT", "TIMESTAMP_NTZ(6)"),
    ]
    sql("insert into copied values ('a', '2026-01-01')")
    sql(
        "merge into copied c using (select 'a' as id) s on c.id = s.id when matched then update set at = null"
    )
    sql("delete from copied c using t where c.id = t.id")
    assert sql("select * from copied") == [("a", None)]
    sql("create or replace temporary table copied as select 1 as x")
    assert sql("select * from copied") == [(1,)]


def test_values_are_bound_with_their_types(login: Login, sql: Sql) -> None:
    """https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-example#qmark-or-numeric-binding"""
    sql("create table t (i int, n number(10, 2), s varchar, b boolean, d date, at timestamp_ntz(6))")
    row = (1, Decimal("2.50"), "it's", True, dt.date(2026, 1, 2), dt.datetime(2026, 1, 2, 3, 4, 5, 123456))  # noqa: DTZ001
    style = snowflake.connector.paramstyle
    snowflake.connector.paramstyle = "qmark"
    try:
        bound = login(schema=sql.one("select current_schema()"))
        bound("insert into t values (?, ?, ?, ?, ?, ?)", row)
        bound.cursor.executemany("insert into t (i, s) values (?, ?)", [(2, "two"), (3, None)])
    finally:
        snowflake.connector.paramstyle = style
    assert sql("select * from t where i = 1") == [row]
    assert sql("select i, s from t where i > 1 order by i") == [(2, "two"), (3, None)]


def test_client_side_binding(sql: Sql) -> None:
    """https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-example#pyformat-or-format-binding"""
    sql("create table t (d date, v variant, at timestamp_ntz(6))")
    sql(
        "insert into t select %s::date, parse_json(%s), %s::timestamp_ntz(6)",
        ("2026-11-18", '{"a": "it\'s"}', "2026-11-18 04:00:00.123456"),
    )
    assert sql("select d::varchar, v:a::varchar, date_part(microsecond, at) from t")[0][1] == "it's"


def test_describe_runs_nothing(sql: Sql) -> None:
    """https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#describe"""
    sql("create table t (x int)")
    sql.cursor.describe("insert into t values (1)")
    assert sql("select * from t") == []
    (column,) = sql.cursor.describe("select x as renamed from t")
    assert column.name == "RENAMED"


def test_parameters_are_kept_for_the_session(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-session"""
    sql("alter session set query_tag = 'nightly'")
    assert sql("show parameters like 'query_tag' in session")[0][1] == "nightly"
    sql("set days = 1 + 2")
    assert sql.one("select $days") == 3
    sql.refused("alter session set timezone = 'America/Toronto'", 2, "UTC")
