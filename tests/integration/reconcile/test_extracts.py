"""What legacy files look like, where legacy rows come from, and what of them may be seen."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from include.governance.reconcile.plan import ReconcileError
from include.sandbox.postgres import Postgres
from include.warehouse.session import Warehouse
from tests.integration.landing.server import WarehouseServer
from tests.integration.reconcile.desk import Desk

ONE_ROW = "('2026-11-03', 'north', 1204.5)"


def test_a_spreadsheet_from_montreal(desk: Desk) -> None:
    """Semicolons, decimal commas, days first, narrow spaces, a title above the header, totals below."""
    desk.has_mart(
        "('2026-11-03', 'Montréal', 1204.5), ('2026-11-04', 'Montréal', -80), "
        "('2026-11-05', 'Montréal', 1234567.89)"
    )
    desk.has_extract(
        "Dépenses;;\nDay;Branch;Spend\n03/11/2026;Montréal;1\u00a0204,50 $\n04/11/2026;Montréal;(80,00)\n"
        "05/11/2026;Montréal;1\u00a0234\u00a0567,89\n;;\n",
        encoding="cp1252",
    )
    told = {"delimiter": ";", "encoding": "cp1252", "decimal": ",", "thousands": " ", "dates": "DD/MM/YYYY"}
    found = desk.findings(legacy={**told, "skip_lines": 1})
    assert (found.both, found.open) == (3, 0)


def test_a_day_written_as_its_midnight(desk: Desk) -> None:
    desk.has_mart(ONE_ROW)
    desk.has_extract('Day,Branch,Spend\n2026-11-03 00:00:00.000,north,"1,204.50"\n')
    assert desk.causes(legacy={"thousands": ","}) == {}


def test_moments_become_toronto_days(desk: Desk) -> None:
    """03:00 UTC is still the evening before in Toronto."""
    desk.has_mart(ONE_ROW)
    desk.has_extract("Day,Branch,Spend\n2026-11-04 03:00:00,north,1204.50\n")
    moments = {"dates": "YYYY-MM-DD HH24:MI:SS"}
    assert desk.causes(legacy={**moments, "timezone": "UTC"}) == {}
    assert desk.causes(legacy=moments) == {("", "day_shift"): 1}


def test_other_names_for_the_same_things(desk: Desk) -> None:
    desk.has_mart(ONE_ROW)
    desk.has_extract("Day,Branch,Spend\n2026-11-03,Head office (N),1204.50\n")
    branch = {"mart": "branch", "values": {"Head office (N)": "north"}}
    assert desk.causes(keys={"Branch": branch}) == {}


def test_truth_values_in_words(desk: Desk) -> None:
    desk.has_mart(
        "('2026-11-03', 'a', true), ('2026-11-03', 'b', false), ('2026-11-03', 'c', true)",
        columns="day date, branch varchar, open boolean",
    )
    desk.has_extract("Day,Branch,Open\n2026-11-03,a,Oui\n2026-11-03,b,no\n2026-11-03,c,0\n")
    assert desk.causes(columns={"Open": "open"}) == {("Open", "definition"): 1}


def test_a_mart_of_moments_is_read_as_toronto_days(desk: Desk) -> None:
    desk.has_mart(
        "('2026-11-04 03:00:00', 'north', 1)", columns="day timestamp_ntz(6), branch varchar, spend int"
    )
    desk.has_extract("Day,Branch,Spend\n2026-11-03,north,1\n")
    assert desk.causes() == {}


def test_an_extract_from_a_query_in_the_warehouse(desk: Desk) -> None:
    desk.has_mart(ONE_ROW)
    query = "select '2026-11-03'::date as day, 'north' as branch, 1204.5::number(10, 2) as spend"
    assert desk.causes(legacy={"query": query}) == {}
    with pytest.raises(
        ReconcileError, match=r"legacy.query has no column 'Branch'; did you mean 'branches'\?"
    ):
        desk.causes(legacy={"query": query.replace("as branch", "as branches")})


@pytest.fixture(scope="module")
def old_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), port)
    postgres.start()
    dsn = postgres.dsn("postgres")
    with psycopg.connect(dsn, autocommit=True) as session:
        session.execute("create sequence counter")
        session.execute("create table old (day date, branch text, spend numeric, open boolean)")
        session.execute(
            "insert into old select '2026-11-01'::date + n % 20, 'b' || n, n * 1.5, n % 2 = 0 "
            "from generate_series(0, 59999) as n"
        )
    yield dsn
    postgres.stop()


def test_an_extract_from_another_database(
    desk: Desk, old_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an Airflow connection, in batches, and in a transaction that cannot write."""
    monkeypatch.setenv("AIRFLOW_CONN_OLD_REPORTING", old_database)
    desk.has_mart(
        "select dateadd(day, column1 % 20, '2026-11-01'::date)::date, 'b' || column1, column1 * 1.5 "
        "from (select row_number() over (order by null) - 1 as column1 "
        "from table(generator(rowcount => 60000)))"
    )
    query = "select day, branch, spend, open from old"
    found = desk.findings(legacy={"query": query, "connection": "old_reporting"})
    assert (found.extract_rows, found.both, found.open) == (60_000, 60_000, 0)
    writing = "select day, branch, nextval('counter') as spend from old"
    with pytest.raises(ReconcileError, match="read-only transaction"):
        desk.causes(legacy={"query": writing, "connection": "old_reporting"})


def test_an_extract_that_breaks_off_half_way(
    desk: Desk, old_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OLD_REPORTING", old_database)
    desk.has_mart(ONE_ROW)
    query = "select day, branch, 1 / (55000 - right(branch, -1)::int) as spend from old"
    with pytest.raises(ReconcileError, match=r"legacy.query on old_reporting: division by zero"):
        desk.causes(legacy={"query": query, "connection": "old_reporting"})


def test_a_database_that_does_not_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_OLD_REPORTING", "postgresql://reader:hush@127.0.0.1:1/reports")
    desk.has_mart(ONE_ROW)
    with pytest.raises(ReconcileError, match=r"connection old_reporting: .*[Cc]onnection refused") as told:
        desk.causes(legacy={"query": "select 1", "connection": "old_reporting"})
    assert "hush" not in str(told.value)


def test_a_connection_that_is_not_there(desk: Desk) -> None:
    desk.has_mart(ONE_ROW)
    with pytest.raises(ReconcileError, match=r"no connection 'nobody'.*AIRFLOW_CONN_NOBODY"):
        desk.causes(legacy={"query": "select 1", "connection": "nobody"})


@pytest.mark.parametrize(
    ("text", "legacy", "says"),
    [
        ("Day,Branch,Spend\n2026-11-03,ann@x.ca\n", {}, "old.csv: row 2 has 2 fields, the header 3"),
        ("Day,Branch,Amount\n2026-11-03,a,1\n", {}, "old.csv has no column 'Spend'; use one of"),
        ("Day,Branch,Spend,Spend\n2026-11-03,a,1,1\n", {}, "old.csv has 2 columns 'Spend'"),
        ("Day;Branch;Spend\n2026-11-03;a;1\n", {}, "old.csv has no column 'Day'"),
        ("Day,Branch,Spend\n03/11/2026,a,1\n", {}, "no row of the extract has a day that can be read"),
        ("", {}, "old.csv is no CSV with a header"),
        ("Day,Branch,Spend\n", {}, "no row of the extract has a day"),
        (None, {}, "old.csv cannot be read"),
    ],
)  # fmt: skip
def test_an_extract_that_cannot_be_compared(
    desk: Desk, capsys: pytest.CaptureFixture[str], text: str | None, legacy: dict[str, str], says: str
) -> None:
    """Exit code 2: never taken for agreement. No value of the file is quoted."""
    desk.has_mart(ONE_ROW)
    if text is not None:
        desk.has_extract(text)
    assert desk.command(legacy=legacy) == 2
    told = capsys.readouterr().err
    assert says in told
    assert "ann@x.ca" not in told


def test_an_extract_in_another_encoding(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.has_mart(ONE_ROW)
    desk.has_extract("Day,Branch,Spend\n2026-11-03,Montréal,1\n", encoding="cp1252")
    assert desk.command() == 2
    assert "old.csv is not utf-8; give its `encoding`, often cp1252" in capsys.readouterr().err


def test_days_without_any_row_of_the_extract_are_no_agreement(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.has_mart(ONE_ROW)
    desk.has_extract("Day,Branch,Spend\n2026-11-03,north,1204.5\n")
    assert desk.command("--from", "2026-12-01", "--to", "2026-12-05") == 2
    assert "there is nothing to compare" in capsys.readouterr().err


def test_a_mart_or_column_that_is_not_there(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.has_mart(ONE_ROW)
    desk.has_extract("Day,Branch,Spend\n2026-11-03,north,1204.5\n")
    assert desk.command(mart="gold.nothing") == 2
    assert desk.command(columns={"Spend": "spent"}) == 2
    told = capsys.readouterr().err
    assert "mart: the warehouse did not take it" in told
    assert "the mart has no column 'spent'; did you mean 'spend'?" in told


def test_personal_data_of_the_extract_is_not_shown(
    desk: Desk, server: WarehouseServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What is not compared is not even read; what is compared is hidden where it looks personal."""
    desk.has_mart("('2026-11-03', 'north', 'a'), ('2026-11-03', 'south', 'b'), ('2026-11-04', 'west', 'c')",
                  columns="day date, branch varchar, note varchar")  # fmt: skip
    desk.has_extract(
        "Day,Branch,Note,Client\n2026-11-03,north,ann@mail.ca,Ann Onymous\n"
        "2026-11-03,south,call 416-555-0199,x\n"
        "2026-11-04,046 454 286,sin,x\n2026-11-04,west,secret,x\n"
    )
    told = {"columns": {"Note": "note"}}
    assert desk.command("--report", f"{tmp_path}/r.csv", "--report", f"{tmp_path}/r.html", **told) == 1
    seen = capsys.readouterr().out + "".join((tmp_path / f"r.{kind}").read_text() for kind in ("csv", "html"))
    for value in ("ann@mail.ca", "Ann Onymous", "555-0199", "454 286"):
        assert value not in seen
    assert "secret" in seen
    assert "***" in seen
    assert desk.command(columns={"Note": {"mart": "note", "masked": True}}) == 1
    assert "secret" not in capsys.readouterr().out
    assert not list(server.state.rglob("*extract_0*")), "the extract stayed on the stage"


def test_a_reader_of_gold_needs_no_more_and_leaves_nothing_behind(desk: Desk) -> None:
    desk.has_mart(ONE_ROW)
    desk.has_extract("Day,Branch,Spend\n2026-11-03,north,1204.5\n")
    before = desk.run("select table_schema, table_name from information_schema.tables order by 1, 2")
    assert desk.command("--connection", "analyst") == 0
    with (
        Warehouse("analyst").cursor() as cursor,
        pytest.raises(Exception, match=r"Insufficient|not authorized"),
    ):
        cursor.execute(f"delete from {desk.mart}")
    assert desk.run("select table_schema, table_name from information_schema.tables order by 1, 2") == before
