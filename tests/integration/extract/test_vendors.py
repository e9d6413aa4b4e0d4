"""The contracts of the SaaS sources against the services that play their vendors, on good days and bad.

The vendors hold what a small bank made; what extraction hands over is compared with what they hold.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import psycopg
import pytest

from include.contracts import RestTableRead, SourceContract, Table, load_sources
from include.extract import rest
from include.extract.batch import Window
from include.extract.errors import ContractViolationError, SourceRefusedError
from include.extract.patience import Patience
from include.extract.records import parse, text_of
from include.extract.rest import Access
from include.sandbox.airflow import SERVICES
from include.sandbox.bank import WorldSpec, chapters, vendors
from include.sandbox.bank.life import history, live
from include.sandbox.bank.world import World
from include.sandbox.services.documents import DDL
from include.sandbox.services.settings import LOGINS
from tests.integration.services.conftest import SECRETS, Postgres, free_port, serving
from tests.unit.extract.contracts import KEY

LAST_DAY = dt.date(2026, 11, 10)
SPEC = WorldSpec(LAST_DAY, people=400, history_days=45, seed=7)
ALL = Window.of(LAST_DAY.isoformat(), since=SPEC.first_day)
QUICK = Patience(page=20, answer=5, first_wait=0.01, longest_wait=0.05)
# Where each table's records are kept at its vendor. A risk band's day and a rate's are told apart by the key.
KEPT = {
    "aml.risk_band": "aml.risk_band",
    "aml.alert": "aml.alert",
    "nps.response": "nps.response",
    "rates_engine.posted_rate": "rates.observation",
    "support.ticket": "support.ticket",
    "support.ticket_event": "support.ticket_event",
}
SOURCES = sorted({name.partition(".")[0] for name in KEPT})


@dataclass
class Vendors:
    """A bank's vendors, served."""

    dsn: str
    url: str
    world: World

    def access(self, source: str, secret: str = "") -> Access:
        service = SERVICES[source]
        return Access(f"{self.url}/{service}", secret or SECRETS[service], LOGINS.get(service, ""))

    def fault(self, source: str, **what: Any) -> None:
        httpx.put(f"{self.url}/_faults/{SERVICES[source]}", json=what).raise_for_status()

    def write(self, days: list[chapters.Chapter]) -> None:
        with psycopg.connect(self.dsn) as connection:
            for chapter in days:
                chapters.run(connection, chapter.statements)

    def held(self, source: str, table: Table) -> Counter[tuple[str | None, ...]]:
        """The records of a table as the vendor holds them, each value as bronze has it."""
        with psycopg.connect(self.dsn) as connection:
            rows = connection.execute(f"select record::text from {KEPT[f'{source}.{table.name}']}").fetchall()
        records = [parse(text.encode()) for (text,) in rows]
        if source == "rates_engine":
            records = [
                {"series": name, "d": record["d"], **record[name]}
                for record in records
                for name in record
                if name != "d"
            ]
        awaited = {column.name: None for column in table.columns if column.announced_for}
        return Counter(
            tuple(text_of({**awaited, **record}[name]) for name in table.column_names) for record in records
        )


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendors]:
    postgres = Postgres(tmp_path_factory.mktemp("postgres"), free_port())
    postgres.start()
    try:
        postgres.create_database("vendors")
        dsn = postgres.dsn("vendors")
        world = history(SPEC)
        with psycopg.connect(dsn) as connection:
            connection.execute(DDL)
        with serving(dsn, {}) as url:
            made = Vendors(dsn, url, world)
            made.write(vendors.history(world))
            yield made
    finally:
        postgres.kill()


def read(
    bank: Vendors, contract: SourceContract, window: Window = ALL, access: Access | None = None
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {table.name: [] for table in contract.tables}
    access = access or bank.access(contract.name)
    for batch in rest.extract(contract, access, window, KEY, patience=QUICK):
        found[batch.table] += batch.rows.to_pylist()
    return found


def as_held(table: Table, rows: list[dict[str, Any]]) -> Counter[tuple[str | None, ...]]:
    return Counter(tuple(row[name] for name in table.column_names) for row in rows)


def small_pages(contract: SourceContract, size: int) -> SourceContract:
    """The same source, asked for few records at a time."""
    tables = tuple(
        replace(table, read=replace(table.read_as(RestTableRead), page_size=size))
        for table in contract.tables
    )
    return replace(contract, tables=tables)


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_read_is_what_the_vendor_holds(bank: Vendors, source: str) -> None:
    contract = load_sources()[source]
    found = read(bank, contract)
    for table in contract.tables:
        held = bank.held(source, table)
        assert held
        assert as_held(table, found[table.name]) == held, table.name
        assert all(row["_rescued"] is None for row in found[table.name])


@pytest.mark.parametrize("source", ["aml", "nps", "support"])
def test_pages_of_few_records_hold_the_same(bank: Vendors, source: str) -> None:
    contract = load_sources()[source]
    assert read(bank, small_pages(contract, 7)) == read(bank, contract)


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 503, "count": 3},
        {"kind": "cut", "count": 2},
        {"kind": "malformed", "count": 2},
        {"kind": "rate_limit", "seconds": 1, "count": 1},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_bad_minute_changes_nothing(bank: Vendors, source: str, fault: dict[str, Any]) -> None:
    contract = load_sources()[source]
    window = Window.of(LAST_DAY.isoformat())
    quiet = read(bank, contract, window)
    bank.fault(source, **fault)
    assert read(bank, contract, window) == quiet


@pytest.mark.parametrize("source", sorted({*SOURCES} - {"rates_engine"}))
def test_a_wrong_secret_is_refused_and_not_told(bank: Vendors, source: str) -> None:
    with pytest.raises(SourceRefusedError, match=f"password of connection {source}") as refused:
        read(bank, load_sources()[source], access=bank.access(source, "wr0ng-secret"))
    assert "wr0ng-secret" not in str(refused.value)


@pytest.mark.parametrize("source", SOURCES)
def test_the_days_of_history_add_up_to_it(bank: Vendors, source: str) -> None:
    """Each record is in the partition of the day its cursor names, and in no other but by looking back."""
    contract = load_sources()[source]
    whole = read(bank, contract)
    days = [SPEC.first_day + dt.timedelta(days=number) for number in (20, 21, 40, 44)]
    for day in days:
        window = Window.of(day.isoformat())
        found = read(bank, contract, window)
        for table in contract.tables:
            back = dt.timedelta(days=table.read_as(RestTableRead).lookback_days)
            low, high = (
                moment.astimezone(dt.UTC).replace(tzinfo=None) for moment in (window.start - back, window.end)
            )
            inside = [row for row in whole[table.name] if low <= row["_committed_at"] < high]
            assert as_held(table, found[table.name]) == as_held(table, inside)


def test_an_export_without_an_end_is_not_read_to_its_end(
    bank: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    contract = small_pages(load_sources()["support"], 5)
    with caplog.at_level(logging.WARNING):
        found = read(bank, contract, Window.of(SPEC.first_day.isoformat()))
    assert found["ticket_event"]
    beyond = [int(record.args[1]) for record in caplog.records if "left out" in record.message]  # type: ignore[index, arg-type]
    assert beyond
    assert max(beyond) < 15


def test_a_rate_corrected_days_later_comes_with_the_next_day(bank: Vendors) -> None:
    contract = load_sources()["rates_engine"]
    day = LAST_DAY - dt.timedelta(days=4)
    with psycopg.connect(bank.dsn) as connection:
        (was,) = connection.execute(
            "select record from rates.observation where id = %s", (str(day),)
        ).fetchone()  # type: ignore[misc]
        corrected = {**was, "POSTED_PRIME": {"v": "9.99"}}
        change = "update rates.observation set record = %s where id = %s"
        connection.execute(change, (json.dumps(corrected), str(day)))
    try:
        rows = read(bank, contract, Window.of(LAST_DAY.isoformat()))["posted_rate"]
    finally:
        with psycopg.connect(bank.dsn) as connection:
            connection.execute(change, (json.dumps(was), str(day)))
    assert [row["v"] for row in rows if (row["d"], row["series"]) == (str(day), "POSTED_PRIME")] == ["9.99"]


def test_weekends_and_holidays_have_no_rates_and_the_day_is_read_without_trouble(bank: Vendors) -> None:
    rows = read(bank, load_sources()["rates_engine"])["posted_rate"]
    days = {dt.date.fromisoformat(row["d"]) for row in rows}
    assert not [day for day in days if day.weekday() > 4]
    assert dt.date(2026, 9, 30) not in days
    assert len(days) > 25


def test_the_vendors_dirt_arrives_as_it_was_sent(bank: Vendors) -> None:
    aml = read(bank, load_sources()["aml"])
    scores = {(row["model_version"], row["score"].isdecimal()) for row in aml["risk_band"]}
    assert scores == {("2.9", True), ("3.1", True)}  # text and number alike
    nps = read(bank, load_sources()["nps"])["response"]
    people = [json.loads(row["person"]) for row in nps]
    assert any(person["email"] is None for person in people), "nobody answered without a name"
    assert any(row["comment"] and "👍" in row["comment"] for row in nps)
    assert any(row["updated_at"] != row["created_at"] for row in nps), "nobody thought again"
    tickets = read(bank, load_sources()["support"])["ticket"]
    assert any("closed_by_merge" in row["tags"] for row in tickets)
    assert {row["status"] for row in tickets} >= {"solved", "closed", "deleted"}
    senders = [json.loads(row["via"])["source"]["from"] for row in tickets]
    assert any(sender.get("address") for sender in senders)
    assert any((sender.get("phone") or "").startswith("+1") for sender in senders)


def test_a_response_without_its_moment_stops_the_extraction(bank: Vendors) -> None:
    """As the vendor's own example has it: updated_at may be null where nothing was updated."""
    moment = dt.datetime.combine(LAST_DAY, dt.time(17), dt.UTC)
    record = {"id": "1", "person": {}, "score": 1, "created_at": 1, "updated_at": None}
    with psycopg.connect(bank.dsn) as connection:
        connection.execute("insert into nps.response values ('x', %s, %s)", (moment, json.dumps(record)))
    try:
        with pytest.raises(ContractViolationError, match="without a value in updated_at"):
            read(bank, load_sources()["nps"], Window.of(LAST_DAY.isoformat()))
    finally:
        with psycopg.connect(bank.dsn) as connection:
            connection.execute("delete from nps.response where id = 'x'")


def test_what_changes_on_the_next_day_comes_with_it_and_nothing_else(bank: Vendors) -> None:
    """Last, because it lives a day."""
    live(bank.world, bank.world.last_lived + 1)
    changed = vendors.last_day(bank.world)
    bank.write(changed)
    key = dt.date.fromordinal(bank.world.last_lived).isoformat()
    written = {
        statement.table: {str(row[0]) for row in statement.rows}
        for chapter in changed
        for statement in chapter.statements
        if isinstance(statement, chapters.Upsert)
    }
    for source, table, name in (
        ("nps", "response", "id"),
        ("support", "ticket", "id"),
        ("support", "ticket_event", "id"),
        ("aml", "alert", "alert_id"),
    ):
        rows = read(bank, load_sources()[source], Window.of(key))[table]
        assert {row[name] for row in rows} == written[KEPT[f"{source}.{table}"]]
