"""Numbers, text, dates and times have Snowflake's types and values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.integration.warehouse.clients import Sql

EXACT = dt.datetime(2026, 11, 18, 4, 0, 0, 123456)  # noqa: DTZ001


def _utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]


def _local(*parts: int) -> dt.datetime:
    return dt.datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 / 3", Decimal("0.333333")),
        ("7.50 / 2", Decimal("3.75000000")),
        ("1::float / 4", 0.25),
        ("(select avg(column1) from values (1), (2), (2))", Decimal("1.666667")),
        ("(select avg(column1::float) from values (1), (2))", 1.5),
        ("div0(1, 0)", Decimal(0)),
        ("7 % 4", 3),
        ("round(2.345, 2)", Decimal("2.35")),
        ("2.5::float::int - 0.5::int", 2),
    ],
)
def test_division_and_avg_of_numbers_stay_numbers(sql: Sql, expression: str, expected: object) -> None:
    """https://docs.snowflake.com/en/sql-reference/operators-arithmetic#division"""
    found = sql.one(f"select {expression}")
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    "expression", ["1 / 0", "x / (x - 1)", "mod(x, 0)", "1.5 % 0", "sum(x) / count(null)"]
)
def test_division_by_zero_is_an_error(sql: Sql, expression: str) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/div0: plain division fails."""
    sql.refused(f"select {expression} from (select 1 as x) group by x", 100051, "Division by zero")


@pytest.mark.parametrize(
    ("statement", "errno"),
    [
        ("select 'abc'::int", 100038),
        ("select 'soon'::timestamp_ntz", 100035),
        ("select '2026-13-01'::date", 100040),
        ("select 'maybe'::boolean", 100037),
        ("select parse_json('{')", 100069),
        ("select 12345::number(3, 0)", 100039),
        ("select (select column1 from values (1), (2))", 90150),
    ],
)
def test_values_that_do_not_convert_are_errors_with_their_number(
    sql: Sql, statement: str, errno: int
) -> None:
    sql.refused(statement, errno)


def test_hexadecimal_digits_become_a_number(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql-format-models"""
    sql("create table digits as select 'ff' as s union all select '0FFFFFFFFFFFFFF'")
    assert sql.one("select sum(to_number(s, 'XXXXXXXXXXXXXXX')) from digits") == 255 + 2**56 - 1
    assert sql.one("select to_number(left(md5_hex('abc'), 4), 'XXXX')") == 0x9001


def test_try_conversions_give_null(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/try_cast and the TRY_TO_ functions"""
    row = sql.one(
        "select try_cast('x' as int), try_cast('2026-02-30' as date), try_to_number('1e'), "
        "try_to_boolean('maybe'), "
        "try_to_timestamp_ntz('soon'), try_to_timestamp_tz('soon'), try_parse_json('{'), try_cast('12' as "
        "number(5, 1))"
    )
    assert row == (None, None, None, None, None, None, None, Decimal("12.0"))


@pytest.mark.parametrize(
    ("written", "instant", "local"),
    [
        ("2026-11-18 04:00:00.123456+00", _utc(2026, 11, 18, 4, 0, 0, 123456), EXACT),
        ("2026-11-18T04:00:00Z", _utc(2026, 11, 18, 4), _local(2026, 11, 18, 4)),
        (
            "2026-11-18T04:00:00.5-05:00",
            _utc(2026, 11, 18, 9, 0, 0, 500000),
            _local(2026, 11, 18, 4, 0, 0, 500000),
        ),
        ("2026-11-18 04:00:00 -0500", _utc(2026, 11, 18, 9), _local(2026, 11, 18, 4)),
        ("2026-11-18", _utc(2026, 11, 18), _local(2026, 11, 18)),
    ],
)
def test_texts_with_offsets(sql: Sql, written: str, instant: dt.datetime, local: dt.datetime) -> None:
    """TIMESTAMP_NTZ ignores it: https://docs.snowflake.com/en/sql-reference/date-time-input-output"""
    sql(f"create table t as select '{written}'::varchar as s")
    row = sql.one(
        "select s::timestamp_tz, try_to_timestamp_tz(s), to_timestamp_ntz(s), try_to_timestamp_ntz(s), "
        "s::timestamp_tz::timestamp_ntz, convert_timezone('UTC', s::timestamp_tz)::timestamp_ntz from t"
    )
    assert row == (instant, instant, local, local, local, instant.replace(tzinfo=None))


def test_convert_timezone_knows_when_toronto_changes_its_clocks(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/convert_timezone"""
    row = sql.one(
        "select convert_timezone('UTC', 'America/Toronto', '2026-03-08 06:59:59'::timestamp_ntz), "
        "convert_timezone('UTC', 'America/Toronto', '2026-03-08 07:00:00'::timestamp_ntz), "
        "convert_timezone('America/Toronto', 'UTC', '2026-11-02 00:00:00'::timestamp_ntz), "
        "convert_timezone('America/Toronto', '2026-07-01 04:00:00'::timestamp_ntz)::timestamp_ntz, "
        "convert_timezone('America/Toronto', '2026-07-01T04:00:00Z'::timestamp_tz)::date"
    )
    assert row == (
        _local(2026, 3, 8, 1, 59, 59),
        _local(2026, 3, 8, 3),
        _local(2026, 11, 2, 5),
        _local(2026, 7, 1, 0),
        dt.date(2026, 7, 1),
    )


def test_microseconds_are_exact_both_ways(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/data-types-datetime#timestamp-ltz-timestamp-ntz-timestamp-tz"""
    sql("create table t (at timestamp_ntz(6), z timestamp_tz)")
    moments = [EXACT, _local(1969, 12, 31, 23, 59, 59, 999999), _local(9999, 12, 31), None]
    sql.cursor.executemany("insert into t (at, z) values (%s, %s)", [(m, m) for m in moments])
    assert [row[0] for row in sql("select at from t")] == moments
    assert [row[0] for row in sql("select z from t")] == [m and m.replace(tzinfo=dt.UTC) for m in moments]
    assert sql("select at from t where at = '2026-11-18 04:00:00.123456'") == [(EXACT,)]


def test_a_date_stays_a_date(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/date_trunc and .../dateadd"""
    row = sql.one(
        "select date_trunc('month', d), date_trunc(week, d), dateadd(day, -1, d), dateadd(month, 1, d), d "
        "+ 1, dateadd(hour, 1, d), date_trunc('day', at), dateadd(microsecond, -1, at), last_day(d) from "
        "(select '2026-01-31'::date as d, '2026-01-31 10:00:00'::timestamp_ntz as at)"
    )
    assert row == (
        dt.date(2026, 1, 1),
        dt.date(2026, 1, 26),
        dt.date(2026, 1, 30),
        dt.date(2026, 2, 28),
        dt.date(2026, 2, 1),
        _local(2026, 1, 31, 1),
        _local(2026, 1, 31),
        _local(2026, 1, 31, 9, 59, 59, 999999),
        dt.date(2026, 1, 31),
    )


def test_datediff_counts_boundaries(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/datediff"""
    row = sql.one(
        "select datediff(day, '2026-01-01 23:59:00'::timestamp_ntz, '2026-01-02 00:01:00'::timestamp_ntz), "
        "datediff(hour, '2026-01-01'::date, '2026-01-02'::date), datediff(month, '2026-01-31'::date, "
        "'2026-02-01'::date), timestampdiff(microsecond, '2026-01-01'::timestamp_ntz, '2026-01-01 "
        "00:00:01'::timestamp_ntz), '2026-01-05'::date - '2026-01-01'::date"
    )
    assert row == (1, 24, 1, 1_000_000, 4)


def test_casts_to_text_print_as_snowflake_does(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/parameters#timestamp-ntz-output-format"""
    row = sql.one(
        "select '2026-01-02 03:04:05.678901'::timestamp_ntz::varchar, to_varchar('2026-01-02'::date), "
        "1.50::varchar, 2::float::varchar, true::varchar, to_char('2026-01-02 13:04:05'::timestamp_ntz, "
        "'YYYY/MM/DD HH24:MI:SS')"
    )
    assert row == ("2026-01-02 03:04:05.678", "2026-01-02", "1.50", "2", "true", "2026/01/02 13:04:05")


def test_hashes(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/sha2"""
    row = sql.one("select md5('abc'), sha2('abc', 256), sha2('abc')")
    sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert row == ("900150983cd24fb0d6963f7d28e17f72", sha, sha)
    one, other = sql("select hash(*) from values (1, 'a'), (1, 'b')")
    assert one != other
    assert sql.one("select sum(hash(*)) from values (1, 'a'), (2, null)") == sql.one(
        "select sum(hash(*)) from values (2, null), (1, 'a')"
    )


def test_one_hash_of_rows_in_any_order(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/hash_agg"""

    def hashed(rows: str) -> object:
        return sql.one(f"select hash_agg(column1, column2) from values {rows}")

    assert hashed("(1, 'a'), (2, null)") == hashed("(2, null), (1, 'a')")
    assert hashed("(1, 'a')") != hashed("(1, 'a'), (1, 'a')") != hashed("(1, 'a'), (1, 'a'), (null, null)")
    assert sql.one("select hash_agg(*) from values (1, 'a')") == hashed("(1, 'a')")
    assert sql.one("select hash_agg(column1), hash_agg(*) from values (1) where column1 > 1") == (0, 0)


def test_null_is_contagious_where_snowflake_says_so(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/greatest and .../concat"""
    assert sql.one("select greatest(1, null), concat('a', null), 'a' || null, equal_null(null, null)") == (
        None,
        None,
        None,
        True,
    )


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("12", "12.00"),
        ("-0.005", "-0.01"),
        (" 1e3 ", "1000.00"),
        ("9999999999999999.99", "9999999999999999.99"),
        ("123456789012345678901234567890.125", "123456789012345678901234567890.13"),
        ("9" * 37, None),
        ("12 and a half", None),
        (None, None),
    ],
)
def test_a_text_of_any_length_is_read_as_the_number_it_says(
    sql: Sql, said: str | None, number: str | None
) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/try_to_decimal"""
    sql("create table t (said varchar)")
    sql("insert into t values (%s)", (said,))
    found = sql.one("select try_to_number(said, 38, 2) from t")
    assert found == (Decimal(number) if number else None)
    sql("create table u as select try_to_number(said, 38, 2) as n from t")
    assert [row[1] for row in sql("describe table u")] == ["NUMBER(38,2)"]
