"""`make contract-from-postgres`: a database that nobody here wrote becomes a contract that can be loaded."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import psycopg
import pytest

from include.contracts import CdcRead, CdcTableRead, ContractError, load_source, load_sources
from include.extract import cdc
from include.extract.drafting.__main__ import main
from include.sandbox.postgres import Postgres
from tests.integration.campaign.drafted import drafted, reviewed
from tests.integration.cdc.lake import Lake

SHOP = """
create type mood as enum ('glad', 'it''s fine', 'sad');
create domain postcode as varchar(7) check (value in ('M5V', 'H2X'));
create schema sales;
create table sales.orders (
    shop_id int, order_id bigint, placed_at timestamptz not null, total numeric(18, 2) not null,
    status varchar(10) check (status in ('open', 'paid')), code "char", sin_number text,
    rating int check (rating in (1, 2, 3)), age int check (age > 17), mood mood, area postcode,
    tags text[], document jsonb, paid boolean, day date, pause interval,
    flags char(3) check (flags in ('a', 'b')),
    doubled numeric generated always as (total * 2) stored, "Camel" text,
    primary key (order_id, shop_id)
);
comment on table sales.orders is 'An order of a customer.';
comment on column sales.orders.total is 'What the customer pays.
In dollars: "CAD" # always.';
create table public.by_index (code text not null unique, other text);
alter table public.by_index replica identity using index by_index_code_key;
create table public.orders (id int primary key);
"""
UNREADABLE = """
create table no_key (a int);
create table nothing (id int primary key);
alter table nothing replica identity nothing;
create table whole_rows (id int primary key, twice int generated always as (id * 2) stored);
alter table whole_rows replica identity full;
create unlogged table scratch (id int primary key);
create table "Upper" (id int primary key);
create table camel_key ("Id" int primary key);
create table parted (id int primary key) partition by range (id);
create table parted_1 partition of parted for values from (0) to (10);
create view seen as select 1 as id;
"""

_numbers = itertools.count()


@pytest.fixture
def database(postgres: Postgres) -> str:
    """The connection string of an empty database."""
    name = f"drafted_{next(_numbers)}"
    postgres.create_database(name)
    return postgres.dsn(name)


def run(dsn: str, ddl: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(ddl)


def test_columns_keys_and_values_are_those_of_the_catalogue(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path
) -> None:
    run(database, SHOP)
    contract = drafted(monkeypatch, database, tmp_path)
    assert [table.name for table in contract.tables] == ["by_index", "public_orders", "sales_orders"]
    orders = contract.table("sales_orders")
    assert orders.read_as(CdcTableRead).table == "sales.orders"
    assert orders.description == "An order of a customer."
    assert orders.key == ("shop_id", "order_id")
    assert contract.table("by_index").key == ("code",)
    assert orders.column("total").description == 'What the customer pays. In dollars: "CAD" # always.'
    assert {column.name: (column.logical_type, column.physical_type) for column in orders.columns} == {
        "shop_id": ("integer", "integer"),
        "order_id": ("integer", "bigint"),
        "placed_at": ("timestamp", "timestamptz"),
        "total": ("number", "numeric(18,2)"),
        "status": ("string", "character varying(10)"),
        "code": ("string", '"char"'),
        "sin_number": ("string", "text"),
        "rating": ("integer", "integer"),
        "age": ("integer", "integer"),
        "mood": ("string", "public.mood"),
        "area": ("string", "public.postcode"),
        "tags": ("string", "text[]"),
        "document": ("object", "jsonb"),
        "paid": ("boolean", "boolean"),
        "day": ("date", "date"),
        "pause": ("string", "interval"),
        "flags": ("string", "character(3)"),
    }
    assert [column.name for column in orders.columns if column.required] == [
        "shop_id", "order_id", "placed_at", "total",
    ]  # fmt: skip
    assert {column.name: column.enum for column in orders.columns if column.enum} == {
        "status": ("open", "paid"),
        "rating": ("1", "2", "3"),
        "mood": ("glad", "it's fine", "sad"),
        "area": ("M5V", "H2X"),
    }


def test_what_is_not_in_the_contract_is_named_in_it(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(database, SHOP)
    contract = drafted(monkeypatch, database, tmp_path)
    said = capsys.readouterr().err
    for expected in (
        "sales.orders.doubled is left out: the source computes it",
        "sales.orders.Camel is left out: its name is not one that bronze can have",
        "sales.orders.age: not stated here: CHECK ((age > 17))",
        "sales.orders.flags: not stated here: CHECK ((flags = ANY",
    ):
        assert expected in said
        assert expected in contract.limitations


def test_every_guess_is_careful_and_marked(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path
) -> None:
    run(database, SHOP)
    contract = drafted(monkeypatch, database, tmp_path)
    columns = [column for table in contract.tables for column in table.columns]
    assert {column.name for column in columns if column.classification == "restricted"} == {"sin_number"}
    assert {column.classification for column in columns} == {"restricted", "confidential"}
    text = (tmp_path / "web_shop.yaml").read_text()
    tables_without_a_comment = 2
    assert text.count("- unreviewed\n") == 1 + tables_without_a_comment + len(columns)


def test_a_draft_is_not_loaded_until_every_mark_is_gone(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path
) -> None:
    run(database, "create table public.orders (id int primary key, note text)")
    drafted(monkeypatch, database, tmp_path)
    path = tmp_path / "web_shop.yaml"
    with pytest.raises(ContractError, match=r"status is 'draft'.*nobody has reviewed"):
        load_sources(tmp_path)
    refusals = []
    path.write_text(path.read_text().replace("status: draft", "status: active"))
    while "- unreviewed\n" in (text := path.read_text()):
        with pytest.raises(ContractError) as refused:
            load_source(path)
        refusals.append(refused.value.reason)
        lines = text.splitlines(keepends=True)
        del lines[refused.value.line - 1 : refused.value.line + 1]
        path.write_text("".join(lines))
    assert [reason.split(" is a guess")[0] for reason in refusals] == [
        "what it says of owner, channel, deadline and purpose",
        "what it says of table orders",
        "what it says of classification and description of orders.id",
        "what it says of classification and description of orders.note",
    ]
    assert load_source(path).owner == "shop-team"


def test_the_source_can_be_prepared_and_read_by_the_drafted_contract(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path
) -> None:
    run(database, SHOP + "insert into sales.orders (shop_id, order_id, placed_at, total, mood) "
        "values (1, 2, '2026-11-18 00:00-05', 3.50, 'it''s fine');")  # fmt: skip
    drafted(monkeypatch, database, tmp_path)
    contract = reviewed(tmp_path / "web_shop.yaml")
    lake = Lake(contract, database)
    cdc.prepare(contract, database)
    lake.load()
    (order,) = lake.rebuilt("sales_orders").values()
    sent = {name: value for name, value in order.items() if value is not None}
    assert sent == {
        "shop_id": "1",
        "order_id": "2",
        "placed_at": "2026-11-18 05:00:00+00",
        "total": "3.50",
        "mood": "it's fine",
    }
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("select pg_drop_replication_slot(%s)", [contract.read_as(CdcRead).slot])


@pytest.mark.parametrize(
    "refusal",
    [
        (
            "public.no_key",
            "has no primary key.*updates and deletes would fail: have its owner add a primary key",
        ),
        ("public.nothing", "has replica identity NOTHING"),
        ("public.whole_rows", "needs twice to tell its rows apart"),
        ("public.scratch", "is not logged"),
        ("public.Upper", "cannot name a table of bronze"),
        ("public.camel_key", "needs Id to tell its rows apart"),
        ("public.parted", "is a partitioned table"),
        ("public.seen", "is a view"),
        ("public.absent", "has no such table"),
    ],
)
def test_a_table_that_was_asked_for_and_cannot_be_read_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    refusal: tuple[str, str],
) -> None:
    table, reason = refusal
    run(database, UNREADABLE + "create table public.fine (id int primary key)")
    monkeypatch.setenv("DSN", database)
    assert main(["web_shop", "public.fine", table, "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert re.search(f"{table}.*{reason}", said), said
    assert "No contract was written." in said
    assert list(tmp_path.iterdir()) == []


def test_tables_nobody_asked_for_are_left_out_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path
) -> None:
    run(database, UNREADABLE + "create table public.fine (id int primary key)")
    contract = drafted(monkeypatch, database, tmp_path)
    assert [table.name for table in contract.tables] == ["fine"]
    assert "Table public.no_key is left out: it has no primary key" in contract.limitations
    assert "public.seen" not in contract.limitations
    assert "public.parted_1" not in contract.limitations


def test_a_contract_that_may_have_been_reviewed_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(database, "create table public.orders (id int primary key)")
    drafted(monkeypatch, database, tmp_path)
    before = (tmp_path / "web_shop.yaml").read_text()
    assert main(["web_shop", "--folder", str(tmp_path)]) == 1
    assert "may have been reviewed: move it away first" in capsys.readouterr().err
    assert (tmp_path / "web_shop.yaml").read_text() == before


def test_the_password_is_not_said_when_the_database_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, postgres: Postgres, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dsn = postgres.dsn("postgres").replace(f":{postgres.port}/", ":1/")
    monkeypatch.setenv("DSN", dsn)
    assert main(["web_shop", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "port 1 failed" in said
    assert postgres.dsn("postgres").split(":")[2].split("@")[0] not in said
