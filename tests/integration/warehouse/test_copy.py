"""Stages and COPY INTO: https://docs.snowflake.com/en/sql-reference/sql/copy-into-table"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.integration.warehouse.clients import Sql, WarehouseProcess

BY_NAME = "file_format = (type = parquet use_logical_type = true) match_by_column_name = case_insensitive"
AT = dt.datetime(2026, 11, 18, 4, 0, 0, 123456)  # noqa: DTZ001


@pytest.fixture
def put(sql: Sql, tmp_path: Path) -> Callable[..., None]:
    """Writes a Parquet file and PUTs it below the stage `landing`."""
    sql("create stage landing")
    sql("create table applicant (applicant_id varchar, at timestamp_ntz(6), _rescued variant, _file varchar)")

    def put_rows(name: str, folder: str = "applicant/2026-11-18", **columns: list[object]) -> None:
        given = {"applicant_id": ["a1", "a2"], "At": [AT, None], "unknown": ["x", "y"], **columns}
        pq.write_table(pa.table(given), tmp_path / name)
        sql(
            f"put 'file://{tmp_path}/{name}' @landing/{folder}/ auto_compress = false overwrite = true "
            "parallel = 4"
        )

    return put_rows


def test_columns_are_matched_by_name_and_metadata_is_added(sql: Sql, put: Callable[..., None]) -> None:
    """Other columns are left out, microseconds kept, the file's path below the stage can be stored."""
    put("one.parquet", _rescued=['{"extra": 1}', None])
    (row,) = sql(
        f"copy into applicant from @landing {BY_NAME} include_metadata = (_file = METADATA$FILENAME)"
    )
    assert row[:4] == ("landing/applicant/2026-11-18/one.parquet", "LOADED", 2, 2)
    path = "applicant/2026-11-18/one.parquet"
    assert sql("select applicant_id, at, _file from applicant order by 1") == [
        ("a1", AT, path),
        ("a2", None, path),
    ]


def test_a_text_column_becomes_a_variant_that_holds_the_text(sql: Sql, put: Callable[..., None]) -> None:
    """https://docs.snowflake.com/en/user-guide/semistructured-considerations: only PARSE_JSON parses."""
    put("one.parquet", _rescued=['{"extra": 1}', None])
    sql(f"copy into applicant from @landing {BY_NAME}")
    assert sql(
        "select typeof(_rescued), parse_json(_rescued::varchar):extra::int from applicant order by "
        "applicant_id"
    ) == [
        ("VARCHAR", 1),
        (None, None),
    ]


def test_a_file_that_was_put_again_is_read_as_it_is_now(sql: Sql, put: Callable[..., None]) -> None:
    """Even within one second and with the same size: DuckDB took the first file's footer for the second's."""
    long, short = ["a" * 10, "a2"], ["b1", "b2"]
    for values, unknown in ((short, long), (long, short)):
        put("again.parquet", applicant_id=values, unknown=unknown)
        sql(f"copy into applicant from @landing {BY_NAME}")
    assert sorted(sql("select applicant_id from applicant")) == [("a2",), ("a" * 10,), ("b1",), ("b2",)]


def test_a_file_is_loaded_once_unless_forced(sql: Sql, put: Callable[..., None]) -> None:
    """https://docs.snowflake.com/en/user-guide/data-load-considerations-load#load-metadata"""
    put("one.parquet")
    sql(f"copy into applicant from @landing {BY_NAME}")
    put("two.parquet")
    statuses = [row[1] for row in sql(f"copy into applicant from @landing {BY_NAME}")]
    assert statuses == ["LOAD_SKIPPED", "LOADED"]
    sql(
        f"copy into applicant from @landing files = ('applicant/2026-11-18/one.parquet') {BY_NAME} force = "
        "true"
    )
    assert sql.one("select count(*) from applicant") == 6
    put("one.parquet", applicant_id=["changed", "content"])
    assert sql(f"copy into applicant from @landing/applicant/2026-11-18/one {BY_NAME}")[0][1] == "LOADED"


def test_truncate_and_replace_forget_what_was_loaded(sql: Sql, put: Callable[..., None]) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/truncate-table: load metadata is deleted too."""
    put("one.parquet")
    sql(f"copy into applicant from @landing {BY_NAME}")
    sql("truncate table applicant")
    assert sql(f"copy into applicant from @landing {BY_NAME}")[0][1] == "LOADED"
    sql("create or replace table applicant (applicant_id varchar)")
    assert sql(f"copy into applicant from @landing {BY_NAME}")[0][1] == "LOADED"


def test_copy_and_ledger_commit_or_roll_back_together(sql: Sql, put: Callable[..., None]) -> None:
    """COPY is DML, also for load history: https://docs.snowflake.com/en/sql-reference/transactions"""
    put("one.parquet")
    sql("create table ledger (file varchar)")
    for end in ("rollback", "commit"):
        sql("begin")
        sql(f"copy into applicant from @landing {BY_NAME}")
        sql("insert into ledger values ('one')")
        sql(end)
    assert sql.one("select count(*) from applicant") == 2
    assert sql("select * from ledger") == [("one",)]


def test_files_and_pattern_choose(sql: Sql, put: Callable[..., None]) -> None:
    put("one.parquet")
    put("two.parquet", folder="applicant/2026-11-19")
    assert len(sql(f"copy into applicant from @landing pattern = '.*11-19/.*[.]parquet' {BY_NAME}")) == 1
    sql.refused(
        f"copy into applicant from @landing files = ('lost.parquet') {BY_NAME}", 91016, "was not found"
    )
    assert sql(f"copy into applicant from @landing/nothing/ {BY_NAME}") == [
        ("Copy executed with 0 files processed.",)
    ]


def test_purge_removes_the_loaded_files(sql: Sql, put: Callable[..., None]) -> None:
    put("one.parquet")
    sql(f"copy into applicant from @landing {BY_NAME} purge = true")
    assert sql("list @landing") == []


def test_list_and_remove_work_below_a_path(sql: Sql, put: Callable[..., None]) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/list and .../remove"""
    put("one.parquet")
    put("two.parquet", folder="applicant/2026-11-19")
    assert [row[0] for row in sql("list @landing")] == [
        "landing/applicant/2026-11-18/one.parquet",
        "landing/applicant/2026-11-19/two.parquet",
    ]
    assert sql("remove @landing/applicant/2026-11-18/") == [
        ("landing/applicant/2026-11-18/one.parquet", "removed")
    ]
    assert [row[0] for row in sql("list @landing pattern = '.*two.*'")] == [
        "landing/applicant/2026-11-19/two.parquet"
    ]
    sql.refused("list @landing/../../etc", 1003)


def test_a_load_that_cannot_cast_loads_nothing(sql: Sql, put: Callable[..., None]) -> None:
    """ON_ERROR = ABORT_STATEMENT is the default."""
    put("one.parquet")
    put("two.parquet", At=["not a time", None])
    sql.refused(f"copy into applicant from @landing {BY_NAME}", 100035)
    assert sql("select * from applicant") == []


def test_copy_into_a_private_temporary_table(sql: Sql, put: Callable[..., None]) -> None:
    put("one.parquet")
    sql("create temporary table reread like applicant")
    sql(f"copy into reread from @landing {BY_NAME}")
    assert sql.one("select count(*) from reread") == 2
    assert sql(f"copy into applicant from @landing {BY_NAME}")[0][1] == "LOADED"


def test_a_temporary_table_has_a_stage_that_ends_with_it(
    sql: Sql, login: Callable[..., Sql], warehouse: WarehouseProcess, tmp_path: Path
) -> None:
    """It takes no privilege but the table's: nothing is created in the schema, and nothing stays.

    https://docs.snowflake.com/en/user-guide/data-load-local-file-system-create-stage#table-stages
    """
    pq.write_table(pa.table({"id": ["a1"]}), tmp_path / "mine.parquet")
    sql("create temporary table mine (id varchar)")
    sql(f"put 'file://{tmp_path}/mine.parquet' @%mine auto_compress = false")
    assert [name for name, *_ in sql("list @%mine")] == ["mine/mine.parquet"]
    sql(f"copy into mine from @%mine files = ('mine.parquet') {BY_NAME}")
    assert sql("select id from mine") == [("a1",)]
    other = login(schema=sql.one("select current_schema()"))
    other.refused("list @%mine", 2)
    staged = list(warehouse.state.rglob("mine.parquet"))
    assert len(staged) == 1
    sql("drop table mine")
    assert not staged[0].exists()


def test_transformation_selects_from_the_file(sql: Sql, put: Callable[..., None]) -> None:
    """https://docs.snowflake.com/en/user-guide/data-load-transform"""
    put("one.parquet")
    sql(
        "copy into applicant (applicant_id, _file) from (select upper($1:applicant_id::varchar), "
        "metadata$filename from @landing/applicant s) file_format = (type = parquet)"
    )
    assert sql("select applicant_id, _file from applicant order by 1")[0] == (
        "A1",
        "applicant/2026-11-18/one.parquet",
    )


def test_csv_with_a_named_format(sql: Sql, tmp_path: Path) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-file-format#type-csv"""
    (tmp_path / "reviews.csv").write_text('id;note\n1;"a;b"\n2;\n3;NULL\n')
    sql("create stage landing")
    sql("create table review (id int, note varchar)")
    sql(
        "create file format semicolons type = csv field_delimiter = ';' skip_header = 1 "
        "field_optionally_enclosed_by = '\"' null_if = ('NULL')"
    )
    sql(f"put 'file://{tmp_path}/reviews.csv' @landing")
    sql("copy into review from @landing file_format = (format_name = 'semicolons')")
    assert sql("select id, note from review order by id") == [(1, "a;b"), (2, None), (3, None)]
    sql(
        "copy into review (note) from (select $2 from @landing) file_format = (format_name = semicolons) "
        "force = true"
    )
    assert sql.one("select count(*) from review where id is null and note = 'a;b'") == 1


def test_json_lines_into_a_variant_and_by_name(sql: Sql, tmp_path: Path) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-file-format#type-json"""
    lines = [json.dumps({"id": n, "Who": {"name": f"n{n}"}}) for n in (1, 2)]
    (tmp_path / "events.json").write_text("\n".join(lines))
    sql("create stage landing")
    sql(f"put 'file://{tmp_path}/events.json' @landing auto_compress = true")
    sql("create table raw (v variant)")
    sql("copy into raw from @landing file_format = (type = json)")
    assert sql("select v:Who.name::varchar from raw order by v:id::int") == [("n1",), ("n2",)]
    sql("create table named (id int, who variant)")
    sql("copy into named from @landing file_format = (type = json) match_by_column_name = case_insensitive")
    assert sql("select id, who:name::varchar from named order by id") == [(1, "n1"), (2, "n2")]


@pytest.mark.parametrize(
    "statement",
    [
        "copy into applicant from @landing file_format = (type = avro)",
        f"copy into applicant from @landing {BY_NAME} on_error = continue",
        f"copy into applicant from @landing {BY_NAME} validation_mode = return_errors",
        "copy into applicant from @landing file_format = (type = csv date_format = 'DD/MM/YYYY')",
        "copy into @landing from applicant",
        "create stage external url = 's3://bucket'",
        "select $1 from @landing",
    ],
)
def test_what_is_not_understood_is_refused(sql: Sql, put: Callable[..., None], statement: str) -> None:
    put("one.parquet")
    sql.refused(statement, 2, "Unsupported feature")
    assert sql("select * from applicant") == []
