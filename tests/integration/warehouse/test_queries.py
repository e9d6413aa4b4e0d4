"""Query clauses and functions the models use."""

from __future__ import annotations

import json

import pytest

from tests.integration.warehouse.clients import Sql


def test_paths_into_a_variant(sql: Sql) -> None:
    """https://docs.snowflake.com/en/user-guide/querying-semistructured"""
    document = '{"a": {"b": [10, 20]}, "s": "text", "n": null, "x y": 1}'
    sql(f"create table t as select parse_json('{document}') as v")
    row = sql.one(
        "select v:a.b[1]::int, v:s::varchar, v['s']::varchar, v:\"x y\"::int, get_path(v, 'a.b[0]')::int "
        "from t"
    )
    assert row == (20, "text", "text", 1, 10)
    assert json.loads(sql.one("select v:a from t")) == {"b": [10, 20]}
    assert sql.one("select v:s from t") == '"text"'
    assert sql.one("select count(*) from t where v:s = 'text' and v:missing is null") == 1
    assert sql.one("select typeof(v:a), typeof(v:a.b), typeof(v:s), typeof(v:a.b[0]) from t") == (
        "OBJECT",
        "ARRAY",
        "VARCHAR",
        "INTEGER",
    )


def test_objects_and_arrays_are_built_and_read(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/object_construct: NULL values are left out."""
    assert json.loads(
        sql.one("select object_construct('a', 1, 'b', null, 'c', array_construct('x', 2))")
    ) == {
        "a": 1,
        "c": ["x", 2],
    }
    assert sql.one(
        "select array_size(parse_json('[1, 2]')), array_contains('x'::variant, parse_json('[\"x\"]'))"
    ) == (2, True)
    assert json.loads(
        sql.one("select array_agg(column1) within group (order by column1 desc) from values (1), (2), (null)")
    ) == [2, 1]
    assert sql.one("select array_size(array_agg(column1)) from values (1) where false") == 0


def test_flatten(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/flatten"""
    values = """(1, '["a", "b"]'), (2, '[]')"""
    sql(f"create table t as select column1 as id, parse_json(column2) as v from values {values}")
    assert sql(
        "select id, f.index, f.value::varchar from t, lateral flatten(input => v) f order by 1, 2"
    ) == [
        (1, 0, "a"),
        (1, 1, "b"),
    ]
    assert sql("select id, f.value from t, lateral flatten(input => v, outer => true) f where id = 2") == [
        (2, None)
    ]
    assert sql("select f.key, f.value::int from table(flatten(input => parse_json('{\"k\": 5}'))) f") == [
        ("k", 5)
    ]
    sql.refused("select f.value from t, lateral flatten(input => v, recursive => true) f", 2)


def test_qualify_keeps_the_latest_row_with_nulls_first_when_descending(sql: Sql) -> None:
    """NULL is the largest value: https://docs.snowflake.com/en/sql-reference/constructs/order-by"""
    sql("create table t as select column1 as k, column2 as at from values (1, 1), (1, 2), (2, 5), (2, null)")
    latest = (
        "select k, at from t qualify row_number() over (partition by k order by at desc{}) = 1 order by k"
    )
    assert sql(latest.format("")) == [(1, 2), (2, None)]
    assert sql(latest.format(" nulls last")) == [(1, 2), (2, 5)]


def test_windows(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions-window-syntax"""
    sql(
        "create table t as select dateadd(day, column1, '2026-01-01'::date) as d, column2 as x "
        "from values (0, 1), (1, null), (6, 3), (7, 4)"
    )
    rows = sql(
        "select lag(x) ignore nulls over (order by d), sum(x) over (order by d rows between 1 preceding "
        "and current row), sum(x) over (order by d range between interval '6 days' preceding and current "
        "row), last_value(x) ignore nulls over (order by d rows between unbounded preceding and current "
        "row) from t order by d"
    )
    assert rows == [(None, 1, 1, 1), (1, 1, 1, 1), (1, 3, 4, 3), (3, 7, 7, 4)]


def test_aggregates(sql: Sql) -> None:
    sql(
        "create table t as select column1 as g, column2 as x, column3 as b from values (1, 2, true), (1, "
        "4, false), (2, 6, true)"
    )
    rows = sql(
        "select g, listagg(x, ',') within group (order by x desc), max_by(x, b), min_by(x, x), "
        "booland_agg(b), boolor_agg(b), count_if(x > 3), any_value(g), median(x)::float, stddev(x) from t "
        "group by g order by g"
    )
    assert rows[0][:9] == (1, "4,2", 2, 2, False, True, 1, 1, 3.0)
    assert round(rows[0][9], 6) == 1.414214
    assert rows[1][9] is None
    assert sql.one("select listagg(x) from t where false") == ""
    assert sql.one("select count_if(x > 3) from t where false") == 0


def test_common_table_expressions(sql: Sql) -> None:
    """RECURSIVE is optional, a CTE hides a table: https://docs.snowflake.com/en/sql-reference/constructs/with"""
    sql("create table numbers as select 100 as n")
    assert (
        sql.one(
            "with numbers as (select 1 as n union all select n + 1 from numbers where n < 4) select sum(n) "
            "from numbers"
        )
        == 10
    )
    assert sql.one("with numbers as (select n + 1 as n from numbers) select n from numbers") == 101
    assert sql.one("with a as (select 1 as x), b as (select x + 1 as x from a) select b.x from b") == 2


def test_generated_rows(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/generator"""
    days = sql(
        "select dateadd(day, row_number() over (order by seq4()) - 1, '2026-01-01'::date)::varchar "
        "from table(generator(rowcount => 3)) order by 1"
    )
    assert [row[0] for row in days] == ["2026-01-01", "2026-01-02", "2026-01-03"]


def test_set_operations_and_small_functions(sql: Sql) -> None:
    assert sql("select 1 minus select 1") == []
    assert sql("select 1 as x except select 2 union all select 3 order by x") == [(1,), (3,)]
    row = sql.one(
        "select iff(true, 1, 2), zeroifnull(null), nullifzero(0), nvl(null, 3), decode(2, 1, 'a', 2, 'b'), "
        "split_part('a-b', '-', 2), regexp_like('abc', 'a.c'), startswith('abc', 'ab'), initcap('ada "
        "lovelace'), lpad('7', 3, '0'), contains('abc', 'b'), regexp_replace('a1b2', '[0-9]', '')"
    )
    assert row == (1, 0, None, 3, "b", "b", True, True, "Ada Lovelace", "007", True, "ab")


def test_asof_join_keeps_rows_without_a_match(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/constructs/asof-join"""
    rows = sql(
        "select e.column1, s.column2 from values (0), (5) e asof join values (1, 'a'), (4, 'b') s "
        "match_condition (e.column1 >= s.column1) order by 1"
    )
    assert rows == [(0, None), (5, "b")]


def test_row_counts_in_information_schema_are_exact(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/info-schema/tables"""
    sql("create table t as select seq4() as n from table(generator(rowcount => 5))")
    sql("delete from t where n < 2")
    schema = sql.one("select current_schema()")
    assert sql(
        f"select table_name, row_count from information_schema.tables where table_schema = '{schema}'"
    ) == [("T", 3)]


@pytest.mark.parametrize(
    ("statement", "errno"),
    [
        ("select * from t at (offset => -60)", 2),
        ("select * from t before (statement => 'x')", 2),
        ("create table u clone t at (offset => -60)", 2),
        ("undrop table t", 2),
        ("select * from t match_recognize (order by x pattern (a) define a as x > 1)", 2),
        ("create stream s on table t", 2),
        ("create task k as select 1", 2),
        ("create dynamic table d target_lag = '1 minute' warehouse = wh as select 1 as x", 2),
        ("call nothing()", 2),
        ("execute immediate 'select 1'", 2),
        ("insert all into t select 1", 2),
        ("create external table e (x int)", 2),
        ("explain select 1", 2),
        ("select sha2('a', 512)", 2),
        ("select list_sum([1, 2])", 2140),
        ("select strftime(current_date, '%Y')", 2140),
        ('select "x" from t', 904),
        ('select * from "t"', 2003),
        ("select nope from t", 904),
        ("select x, count(*) from t", 979),
        ("select * from nowhere.t", 2003),
        ("selec 1", 1003),
        ("select 1; select 2", 8),
        ("create or replace database ANALYTICS", 2),
        ("copy into nowhere from @nothing", 2003),
    ],
)
def test_what_the_sandbox_cannot_do_it_refuses(sql: Sql, statement: str, errno: int) -> None:
    """Never a silent success: these work differently on Snowflake, or not at all there."""
    sql("create table t as select 1 as x")
    sql.refused(statement, errno)
    assert sql("select * from t") == [(1,)]


def test_flatten_gives_the_whole_document_to_those_who_ask_for_it(sql: Sql) -> None:
    flattened = "from table(flatten(input => parse_json('[1, [2]]'))) f"
    assert sql(f"select f.index, f.path, f.value::varchar, f.this::varchar {flattened} order by 1") == [
        (0, "[0]", "1", "[1,[2]]"),
        (1, "[1]", "[2]", "[1,[2]]"),
    ]
    assert {row[5] for row in sql(f"select f.* {flattened}")} != {None}
