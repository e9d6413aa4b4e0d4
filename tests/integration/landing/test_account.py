"""Sessions, the objects that must exist, and questions from the command line."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import load_sources
from include.contracts.bronze import TECHNICAL_COLUMNS
from include.landing.checksum import of_partition
from include.warehouse.prepare import NotPreparedError, prepare_account, prepare_source
from include.warehouse.query import main
from include.warehouse.session import Warehouse, WarehouseUnavailableError, transaction
from tests.unit.landing.rows import contract


def rows(cursor: SnowflakeCursor, sql: str) -> list[tuple[object, ...]]:
    cursor.execute(sql)
    return list(cursor.fetchall())


def insert_and_fail(cursor: SnowflakeCursor) -> None:
    with transaction(cursor):
        cursor.execute("insert into raw_drop_account_reviews.review (account_id) values ('A1')")
        raise ZeroDivisionError


def test_preparing_an_account_can_be_repeated_and_makes_every_contracted_table(
    cursor: SnowflakeCursor,
) -> None:
    for _ in range(2):
        prepare_account(cursor)
    for source in load_sources().values():
        for table in source.tables:
            cursor.execute(f"select * from {source.schema}.{table.name}")
            columns = [column.name.lower() for column in cursor.description]
            assert columns == [*table.column_names, *(column.name for column in TECHNICAL_COLUMNS)]


def test_analysts_read_gold_and_no_bronze(cursor: SnowflakeCursor) -> None:
    prepare_account(cursor)
    granted = rows(cursor, "show grants to role analyst")
    named = {str(name).lower().rpartition(".")[2] for _, _, on, name, *_ in granted if on == "SCHEMA"}
    assert "gold" in named
    assert not {name for name in named if name.startswith("raw_")}


def test_the_loader_takes_nothing_off_the_books_but_what_is_under_way(cursor: SnowflakeCursor) -> None:
    prepare_account(cursor)
    granted = rows(cursor, "show grants to role loader")
    deletes = {str(name).lower().rpartition(".")[2] for _, may, _, name, *_ in granted if may == "DELETE"}
    assert deletes == {"staged_table"}


def test_preparing_a_source_keeps_what_is_loaded(cursor: SnowflakeCursor) -> None:
    cursor.execute("insert into raw_drop_account_reviews.review (account_id) values ('A1')")
    cursor.execute(f"update raw_control.lock_{contract().name} set run_id = 'someone'")
    prepare_source(cursor, contract())
    assert rows(cursor, "select account_id from raw_drop_account_reviews.review") == [("A1",)]
    assert rows(cursor, f"select run_id from raw_control.lock_{contract().name}") == [("someone",)]


def test_a_column_that_the_contract_comes_to_name_is_added_and_says_nothing_of_older_days(
    cursor: SnowflakeCursor,
) -> None:
    newer = contract()
    (table,) = newer.tables
    older = replace(newer, name="grown", tables=(replace(table, columns=table.columns[:-1]),))
    newer = replace(newer, name="grown")
    for _ in range(2):
        prepare_source(cursor, older)
    cursor.execute(
        "insert into raw_grown.review (account_id, decision, _partition) values ('A1', 'clear', '2026-11-18')"
    )
    before = of_partition(cursor, older, older.tables[0], "2026-11-18")
    for _ in range(2):
        prepare_source(cursor, newer)
    assert of_partition(cursor, newer, table, "2026-11-18") == before
    cursor.execute("update raw_grown.review set reason = ''")
    assert of_partition(cursor, newer, table, "2026-11-18") != before
    (added,) = rows(
        cursor,
        "select comment, data_type from information_schema.columns "
        "where table_schema = 'RAW_GROWN' and column_name = 'REASON'",
    )
    assert added == (table.column("reason").description, "TEXT")
    assert (table.column("reason").classification,) in rows(
        cursor,
        "select tag_value from table(information_schema.tag_references_all_columns('raw_grown.review', "
        "'table')) where level = 'COLUMN' and column_name = 'REASON'",
    )
    cursor.execute("drop schema raw_grown")


def test_a_contract_that_nothing_was_generated_from_can_be_prepared(cursor: SnowflakeCursor) -> None:
    prepare_source(cursor, replace(contract(), name="fifteenth"))
    assert rows(cursor, "select count(*) from raw_fifteenth.review") == [(0,)]


def test_a_statement_that_fails_is_named_with_its_contract(cursor: SnowflakeCursor) -> None:
    (table,) = contract().tables
    wrong = replace(contract(), name="sixteenth", tables=(replace(table, name="re view"),))
    with pytest.raises(NotPreparedError, match=r"the bronze of drop_account_reviews\.yaml: create table if"):
        prepare_source(cursor, wrong)


def test_an_error_in_a_transaction_leaves_nothing(cursor: SnowflakeCursor) -> None:
    with pytest.raises(ZeroDivisionError):
        insert_and_fail(cursor)
    assert rows(cursor, "select * from raw_drop_account_reviews.review") == []


def test_sessions_speak_utc(cursor: SnowflakeCursor) -> None:
    assert rows(cursor, "show parameters like 'TIMEZONE'")[0][1] == "UTC"


def test_a_warehouse_that_is_not_there_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"account": "a", "host": "127.0.0.1", "port": 9, "protocol": "http"}
    told = {"conn_type": "snowflake", "login": "u", "password": "not-to-be-shown", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_NOWHERE", json.dumps(told))
    monkeypatch.setattr("include.warehouse.session.LOGIN_SECONDS", 2)
    with pytest.raises(WarehouseUnavailableError, match=r"at 127\.0\.0\.1.*connection nowhere") as error:
        Warehouse("nowhere").get_conn()
    assert "not-to-be-shown" not in str(error.value)


def test_a_question_is_answered_on_the_terminal(
    cursor: SnowflakeCursor,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["select 1 as one, 'x' as letter;", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"one": 1, "letter": "x"}]


def test_a_question_may_come_from_standard_input(
    cursor: SnowflakeCursor,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("select 2 as two\n"))
    assert main(["--format", "csv"]) == 0
    assert capsys.readouterr().out.split() == ["two", "2"]


def test_a_statement_the_warehouse_refuses_is_an_error_on_standard_error(
    cursor: SnowflakeCursor,  # noqa: ARG001
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["select nothing from nowhere"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("the warehouse did not take this statement: ")
