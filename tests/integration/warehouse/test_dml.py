"""INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

from tests.integration.warehouse.clients import Sql


def _people(sql: Sql) -> None:
    sql("create table people (id int, name varchar)")
    sql("insert into people values (1, 'ada'), (2, 'bob')")


def test_statements_answer_with_their_counts(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/update and its neighbours"""
    _people(sql)
    assert sql.cursor.execute("insert into people select 3, 'cy'").rowcount == 1
    assert sql.cursor.execute("update people set name = upper(name) where id < 3").rowcount == 2
    assert sql.cursor.execute("delete from people where id = 1").rowcount == 1
    assert sql("select * from people order by id") == [(2, "BOB"), (3, "cy")]


def test_update_and_delete_with_a_second_table(sql: Sql) -> None:
    _people(sql)
    sql("update people p set name = s.name from (select 1 as id, 'eve' as name) s where p.id = s.id")
    sql("delete from people p using (select 2 as id) s where p.id = s.id")
    assert sql("select * from people") == [(1, "eve")]


def test_insert_overwrite_replaces_in_one_step(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/insert"""
    _people(sql)
    sql("insert overwrite into people select id + 10, name from people where id = 1")
    assert sql("select * from people") == [(11, "ada")]


def test_merge_inserts_updates_and_deletes(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/merge"""
    _people(sql)
    answer = sql(
        "merge into people t using (select column1 as id, column2 as name from values (1, 'x'), (2, null), "
        "(3, 'z')) s on t.id = s.id when matched and s.name is null then delete when matched then update "
        "set t.name = s.name when not matched then insert (id, name) values (id, name)"
    )
    assert answer == [(1, 1, 1)]
    assert sql("select * from people order by id") == [(1, "x"), (3, "z")]


def test_merge_refuses_two_source_rows_for_one_target_row(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/merge#duplicate-join-behavior"""
    _people(sql)
    source = "(select column1 as id, column2 as name from values (1, 'x'), (1, 'y')) s on t.id = s.id"
    sql.refused(
        f"merge into people t using {source} when matched then update set name = s.name",
        100090,
        "Duplicate row",
    )
    assert sql("select name from people where id = 1") == [("ada",)]
    sql(f"merge into people t using {source} when matched and s.name = 'y' then update set name = s.name")
    assert sql("select name from people where id = 1") == [("y",)]
    sql(f"merge into people t using {source} when matched then delete")
    assert sql("select id from people") == [(2,)]


def test_a_text_longer_than_its_column_is_refused(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/data-types-text#varchar"""
    sql("create table t (code varchar(3))")
    sql.refused("insert into t values ('abcd')", 100078, "too long")
    sql("insert into t values ('abc')")
    sql.refused("update t set code = code || 'd'", 100078)
    assert sql("select code, 'abcd'::varchar(2) from t") == [("abc", "ab")]


def test_not_null_is_enforced_and_keys_are_not(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/constraints-overview"""
    sql(
        "create table t (id int primary key, name varchar not null, parent int references t (id), unique "
        "(name))"
    )
    sql("insert into t values (1, 'a', 9), (1, 'a', 9)")
    sql.refused("insert into t (id) values (2)", 100072, "non-nullable")
    sql.refused("insert into t (name) values ('b')", 100072)


def test_a_wrong_number_of_values_is_a_compilation_error(sql: Sql) -> None:
    _people(sql)
    sql.refused("insert into people values (1)", 2057)
    sql.refused("insert into people (id, nope) values (1, 2)", 904, "invalid identifier")
