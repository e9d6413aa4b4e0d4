"""Every type of PostgreSQL has one text form, whether a row is read whole, streamed or asked for by a cast.

The forms are written out, not copied from what came: they are what a human reads in PostgreSQL's manual, in a
session with TimeZone UTC, DateStyle ISO, IntervalStyle postgres, bytea_output hex and extra_float_digits 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from include.extract import cdc
from include.extract.cdc.session import connect
from tests.integration.cdc.lake import Lake, Row, table

TYPES = r"""
create type mood as enum ('sad', 'so-so', 'it''s "fine"');
create domain short as text check (length(value) < 20);
create domain amounts as numeric(10, 2)[];
create type spot as (x int, label text, at timestamptz);
create type floats as range (subtype = float8);
"""


class Case(NamedTuple):
    """A column's type, a value as SQL, the text it has to become. `cast` where `::text` writes another."""

    kind: str
    value: str
    text: str
    cast: str | None = None


LARGEST = "9" * 28 + "." + "9" * 10
CASES = [
    Case("smallint", "-32768", "-32768"),
    Case("bigint", "9223372036854775807", "9223372036854775807"),
    Case("oid", "4294967295", "4294967295"),
    Case("numeric(38, 10)", LARGEST, LARGEST),
    Case("numeric(38, 10)", "-0.0000000001", "-0.0000000001"),
    Case("numeric(18, 2)", "1.5", "1.50"),
    Case("numeric(5, -2)", "12345", "12300"),
    Case("numeric", "'1e-30'", "0.000000000000000000000000000001"),
    Case("numeric", "'1e40'", "1" + "0" * 40),
    Case("numeric", "'NaN'", "NaN"),
    Case("numeric", "'Infinity'", "Infinity"),
    Case("numeric", "'-Infinity'", "-Infinity"),
    Case("real", "'3.4028235e38'", "3.4028235e+38"),
    Case("real", "0.1", "0.1"),
    Case("double precision", "0.1::float8 + 0.2::float8", "0.30000000000000004"),
    Case("double precision", "'-0'", "-0"),
    Case("double precision", "'NaN'", "NaN"),
    Case("double precision", "'Infinity'", "Infinity"),
    Case("double precision", "'-Infinity'", "-Infinity"),
    Case("money", "1234567.89", "$1,234,567.89"),
    Case("boolean", "true", "t", cast="true"),
    Case("boolean", "false", "f", cast="false"),
    Case("text", "''", ""),
    Case("text", r"E'say \"hi\", it''s \\ back\nnew\ttab\r'", 'say "hi", it\'s \\ back\nnew\ttab\r'),
    Case("text", "repeat('naïve 🐝 👩‍🚀 ', 5000)", "naïve 🐝 👩‍🚀 " * 5000),
    Case("text", r"'\N'", r"\N"),
    Case("text", "'NULL'", "NULL"),
    Case("text", r"E'\u00a0\u200b\ufeff\U0010ffff'", "\u00a0\u200b\ufeff\U0010ffff"),
    Case("varchar(5)", "'ab '", "ab "),
    Case("char(5)", "'ab'", "ab   ", cast="ab"),
    Case('"char"', "'z'", "z"),
    Case("name", "'a name'", "a name"),
    Case("bytea", r"'\x00ff5c27'", r"\x00ff5c27"),
    Case("bytea", "''", r"\x"),
    Case("date", "'2026-11-18'", "2026-11-18"),
    Case("date", "'infinity'", "infinity"),
    Case("date", "'-infinity'", "-infinity"),
    Case("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    Case("date", "'294276-12-31'", "294276-12-31"),
    Case("time", "'23:59:60'", "24:00:00"),
    Case("time(3)", "'01:02:03.4567'", "01:02:03.457"),
    Case("timetz", "'03:04:05.6-04'", "03:04:05.6-04"),
    Case("timetz", "'03:04:05+05:30'", "03:04:05+05:30"),
    Case("timestamp", "'2026-03-08 02:30:00.000001'", "2026-03-08 02:30:00.000001"),
    Case("timestamp", "'infinity'", "infinity"),
    Case("timestamp", "'-infinity'", "-infinity"),
    Case("timestamptz", "'2026-11-01 01:30:00-04'", "2026-11-01 05:30:00+00"),
    Case("timestamptz", "'2026-11-18 12:00 Asia/Kolkata'", "2026-11-18 06:30:00+00"),
    Case("timestamptz", "'infinity'", "infinity"),
    Case("timestamptz", "'-infinity'", "-infinity"),
    Case("timestamptz", "'4714-11-24 00:00+00 BC'", "4714-11-24 00:00:00+00 BC"),
    Case("interval", "'1 year -2 months 3 days -04:05:06.7'", "10 mons 3 days -04:05:06.7"),
    Case("interval", "'0'", "00:00:00"),
    Case("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    Case("inet", "'192.168.0.1/24'", "192.168.0.1/24"),
    Case("inet", "'10.1.2.3'", "10.1.2.3", cast="10.1.2.3/32"),
    Case("inet", "'2001:DB8::1'", "2001:db8::1", cast="2001:db8::1/128"),
    Case("cidr", "'10/8'", "10.0.0.0/8"),
    Case("macaddr", "'08-00-2B-01-02-03'", "08:00:2b:01:02:03"),
    Case("bit(5)", "B'10110'", "10110"),
    Case("varbit", "B''", ""),
    Case("json", """'{"b": 1,  "a": [null, "\\u00e9"]}'""", '{"b": 1,  "a": [null, "\\u00e9"]}'),
    Case("jsonb", """'{"b": 1.50,  "a": [null, "\\u00e9"]}'""", '{"a": [null, "é"], "b": 1.50}'),
    Case("jsonb", "'null'", "null"),
    Case("mood", "'so-so'", "so-so"),
    Case("mood", """'it''s "fine"'""", 'it\'s "fine"'),
    Case("short", "'a domain'", "a domain"),
    Case("amounts", "array[1, null, 2.5]", "{1.00,NULL,2.50}"),
    Case("int[]", "array[[1, 2], [3, null]]", "{{1,2},{3,NULL}}"),
    Case("int[]", "'{}'", "{}"),
    Case("int[]", "'[0:1]={7,8}'", "[0:1]={7,8}"),
    Case("text[]", r"array['a', null, 'NULL', '', 'b,c', 'd\"e', 'f\g', ' h ', '{']",
         r'''{a,NULL,"NULL","",'''r'''"b,c","d\\\"e","f\\g"," h ","{"}'''),
    Case("boolean[]", "array[true, null]", "{t,NULL}"),
    Case("timestamptz[]", "array['2026-11-18 00:00-05'::timestamptz]", '{"2026-11-18 05:00:00+00"}'),
    Case("mood[]", "array['sad', null]::mood[]", "{sad,NULL}"),
    Case("spot", "(1, 'a \"b\", c', '2026-11-18 00:00-05')", '(1,"a ""b"", c","2026-11-18 05:00:00+00")'),
    Case("spot", "(null, '', null)", '(,"",)'),
    Case("spot[]", "array[(1, null, null)::spot]", '{"(1,,)"}'),
    Case("int4range", "'[1, 3]'", "[1,4)"),
    Case("int4range", "'empty'", "empty"),
    Case("numrange", "'(,2.5]'", "(,2.5]"),
    Case("tstzrange", "'[2026-11-18 00:00-05,)'", '["2026-11-18 05:00:00+00",)'),
    Case("floats", "'[0.1, Infinity)'", "[0.1,Infinity)"),
    Case("int4multirange", "'{[1, 3), [2, 5), [7, 8)}'", "{[1,5),[7,8)}"),
    Case("datemultirange", "'{}'", "{}"),
    Case("point", "'(1.5, -2)'", "(1.5,-2)"),
    Case("polygon", "'((0,0),(1,1),(1,0))'", "((0,0),(1,1),(1,0))"),
    Case("tsvector", "'fat:2 cat:1'", "'cat':1 'fat':2"),
    Case("tsquery", "'fat & cat'", "'fat' & 'cat'"),
    Case("pg_lsn", "'0/16B3748'", "0/16B3748"),
    Case("regclass", "'pg_class'", "pg_class"),
    Case("jsonpath", "'$.a[*]'", '$."a"[*]'),
]  # fmt: skip
NAMES = [f"c{number}" for number in range(len(CASES))]


@pytest.fixture
def wide(make_lake: Callable[..., Lake]) -> Lake:
    """A source of one table with a column per case, under settings that are not the pinned ones."""
    columns = ", ".join(f"{name} {case.kind}" for name, case in zip(NAMES, CASES, strict=True))
    lake = make_lake(
        table("item", "id", *NAMES), ddl=f"{TYPES} create table item (id int primary key, {columns})"
    )
    name = lake.contract.read.slot
    for setting in (
        "timezone = 'America/Toronto'", "datestyle = 'German'", "intervalstyle = 'sql_standard'",
        "bytea_output = 'escape'", "extra_float_digits = 0",
    ):  # fmt: skip
        lake.run(f"alter database {name} set {setting}")
    cdc.prepare(lake.contract, lake.dsn)
    return lake


def insert(number: int) -> str:
    values = ", ".join(f"({case.value})::{case.kind}" for case in CASES)
    return f"insert into item values ({number}, {values})"


def values(row: Row) -> dict[str, str | None]:
    """The row's values beside the kind they are of, so that a difference names it."""
    return {f"{name} {case.kind}": row[name] for name, case in zip(NAMES, CASES, strict=True)}


def test_every_type_has_one_text_form_in_snapshot_stream_and_cast(wide: Lake) -> None:
    expected = {f"{name} {case.kind}": case.text for name, case in zip(NAMES, CASES, strict=True)}
    wide.run(insert(1))
    (snapshot,) = wide.load()["item"]
    wide.run(insert(2))
    (peeked,) = wide.read().batches
    (streamed,) = wide.load(stream_bytes=0)["item"]
    assert values(snapshot) == expected
    assert values(peeked.rows.to_pylist()[0]) == expected
    assert values(streamed) == expected

    casts = ", ".join(f"{name}::text" for name in NAMES)
    with connect(wide.contract, wide.dsn) as connection:
        (row,) = connection.execute(f"select {casts} from item where id = 1").fetchall()
    assert dict(zip(expected, row, strict=True)) == {
        f"{name} {case.kind}": case.text if case.cast is None else case.cast
        for name, case in zip(NAMES, CASES, strict=True)
    }


def test_every_type_keeps_null_apart_in_snapshot_and_stream(wide: Lake) -> None:
    wide.run("insert into item (id) values (1)")
    (snapshot,) = wide.load()["item"]
    wide.run("insert into item (id) values (2)")
    (streamed,) = wide.load()["item"]
    assert set(values(snapshot).values()) == set(values(streamed).values()) == {None}


def test_composite_of_nulls_is_not_null(make_lake: Callable[..., Lake]) -> None:
    lake = make_lake(
        table("item", "id", "at"),
        ddl="create type pair as (x int, y int); create table item (id int primary key, at pair)",
    )
    cdc.prepare(lake.contract, lake.dsn)
    lake.run("insert into item values (1, row(null, null))")
    lake.load()
    lake.run("insert into item values (2, row(null, null))")
    lake.load()
    assert [row["at"] for row in lake.rows["item"]] == ["(,)", "(,)"]


def test_truth_is_read_over_every_type(wide: Lake) -> None:
    wide.run(insert(1), "insert into item (id) values (2)")
    for options in ({"resnapshot": True}, {}):
        extraction = wide.read(truth_seconds=60, **options)
        wide.land(extraction)
        assert extraction.truth() == wide.states()
