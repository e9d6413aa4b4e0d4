"""The bank on real databases: what it writes, and that nothing is lived twice or half."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from include.sandbox import bank
from include.sandbox.bank.__main__ import main
from include.sandbox.postgres import Postgres
from tests.unit.sandbox.bank.conftest import DATABASES, LAST_DAY, SMALL
from tests.unit.sandbox.bank.holdings import CARDS, CORE, everything, rows

REPOSITORY = Path(__file__).parents[4]
NEXT_DAY = LAST_DAY + dt.timedelta(days=1)


def advance_arguments(places: bank.Places, day: dt.date) -> list[str]:
    options = {
        "core-dsn": places.core_dsn,
        "cards-dsn": places.cards_dsn,
        "vendors-dsn": places.vendors_dsn,
        "drop": places.drop,
        "day": day,
    }
    return ["advance", *(f"--{name}={value}" for name, value in options.items())]


def test_creating_the_same_world_twice_changes_nothing(founded: bank.Places) -> None:
    before = everything(founded)
    assert bank.create(founded, SMALL).already_lived
    assert everything(founded) == before


def test_another_world_is_refused_where_one_exists(founded: bank.Places) -> None:
    other = bank.WorldSpec(SMALL.last_day, SMALL.people, SMALL.history_days, seed=8)
    with pytest.raises(bank.BankError, match=r"these databases hold .*seed=7"):
        bank.create(founded, other)


def test_history_has_a_file_with_manifest_of_every_department_for_every_day(founded: bank.Places) -> None:
    names = {path.name for path in founded.drop.iterdir()}
    days = [LAST_DAY - dt.timedelta(days=ago) for ago in range(SMALL.history_days)]
    assert names == {
        f"{department}_{day}.csv{end}"
        for department in ("account_reviews", "ad_spend", "branch_referrals")
        for day in days
        for end in ("", ".sha256")
    }


def test_a_day_is_lived_once(lively: bank.Places) -> None:
    report = bank.advance(lively, NEXT_DAY)
    assert report.core_rows > 200
    assert report.card_rows > 100
    assert report.vendor_rows > 10
    after = everything(lively)
    assert bank.advance(lively, NEXT_DAY, drop_activity=0.4).already_lived
    assert everything(lively) == after
    assert bank.lived_days(lively.vendors_dsn) == [LAST_DAY, NEXT_DAY]


def test_days_are_lived_in_order(lively: bank.Places) -> None:
    with pytest.raises(bank.BankError, match=f"has lived up to {LAST_DAY}"):
        bank.advance(lively, NEXT_DAY + dt.timedelta(days=1))


def test_an_empty_database_says_what_to_do(places: bank.Places, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(advance_arguments(places, NEXT_DAY)) == 1
    assert "run `python -m include.sandbox.bank create` first" in capsys.readouterr().err


def listen(dsn: str, tables: tuple[str, ...]) -> None:
    """Write down in `heard` what is done to these tables from now on."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "create table heard (operation text, relation text, transaction xid8, old jsonb, new jsonb)"
        )
        connection.execute(
            "create function hear() returns trigger language plpgsql as $$ begin insert into heard"
            " values (tg_op, tg_table_name, pg_current_xact_id(), to_jsonb(old), to_jsonb(new));"
            " return null; end $$"
        )
        for table in tables:
            connection.execute(
                f"create trigger hear after insert or update or delete on public.{table}"
                " for each row execute function hear()"
            )


def heard(dsn: str) -> set[tuple[str, str]]:
    return {
        (relation, operation) for relation, operation in rows(dsn, "select relation, operation from heard")
    }


@pytest.fixture(scope="module")
def five_days(server: Postgres, tmp_path_factory: pytest.TempPathFactory) -> bank.Places:
    """Five days of a bank of 600 people, with all that they did to the databases written down."""
    for database in DATABASES:
        server.create_database(f"{database}_five_days")
    dsns = [server.dsn(f"{database}_five_days") for database in DATABASES]
    places = bank.Places(*dsns, tmp_path_factory.mktemp("five_days"))
    bank.create(places, bank.WorldSpec(LAST_DAY, people=600, history_days=45))
    listen(places.core_dsn, CORE)
    listen(places.cards_dsn, CARDS)
    for ahead in range(1, 6):
        bank.advance(places, LAST_DAY + dt.timedelta(days=ahead))
    return places


def test_days_do_to_core_banking_what_days_do(five_days: bank.Places) -> None:
    """Inserts, updates, deletes of pending rows, in several transactions a day; never a customer deleted."""
    core = five_days.core_dsn
    assert heard(core) == {
        ("party", "INSERT"),
        ("party", "UPDATE"),
        ("account", "INSERT"),
        ("account", "UPDATE"),
        ("posted_transaction", "INSERT"),
        ("posted_transaction", "UPDATE"),
        ("posted_transaction", "DELETE"),
        ("party_merge", "INSERT"),
    }
    deleted = "select distinct old ->> 'status', old ->> 'txn_type' from heard where operation = 'DELETE'"
    assert rows(core, deleted) == [("posted", "fee")]
    together = "select 1 from heard group by transaction having count(distinct relation) = 3"
    assert rows(core, together), "no transaction writes to three tables"
    assert rows(core, "select count(distinct transaction) from heard")[0][0] >= 5 * 5


def test_days_do_to_the_card_ledger_what_days_do(five_days: bank.Places) -> None:
    cards = five_days.cards_dsn
    assert heard(cards) == {
        ("card", "INSERT"),
        ("card", "UPDATE"),
        ("card_authorization", "INSERT"),
        ("card_authorization", "UPDATE"),
        ("card_authorization", "DELETE"),
        ("settlement", "INSERT"),
        ("settlement", "DELETE"),
    }
    purged = (
        "select distinct old ->> 'status' from heard where operation = 'DELETE' and relation <> 'settlement'"
    )
    assert rows(cards, purged) == [("declined",)]
    blocked = (
        "select count(*) from heard where operation = 'UPDATE' and relation = 'card'"
        " and new - 'status' = old - 'status'"
    )
    assert rows(cards, blocked)[0][0] >= 5, "no update touches one column"
    taken_back = (
        "select distinct new ->> 'status' from heard where operation = 'UPDATE' and relation <> 'card'"
    )
    assert rows(cards, taken_back) == [("reversed",)]


@contextmanager
def locked(dsn: str, table: str) -> Iterator[None]:
    """Nobody else can write to the table meanwhile."""
    with psycopg.connect(dsn) as connection:
        connection.execute(f"lock table {table} in exclusive mode")
        yield
        connection.rollback()


def wait_for_a_waiter(dsn: str, table: str) -> None:
    give_up = time.monotonic() + 60
    query = f"select 1 from pg_locks where relation = '{table}'::regclass and not granted"
    while not rows(dsn, query):
        assert time.monotonic() < give_up, f"nobody waits for {table}"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("database", "table"),
    [
        ("core", "public.party_merge"),  # after most of the day is committed to core banking
        ("cards", "public.card_authorization"),  # after all of core banking and half of the card ledger
        ("vendors", "marketing.subscription"),  # after all of both and half of the vendors
    ],
)
def test_a_day_killed_half_way_is_completed_without_doubles(
    lively: bank.Places, undisturbed: bank.Places, database: str, table: str
) -> None:
    day = NEXT_DAY
    dsn = str(getattr(lively, f"{database}_dsn"))
    with locked(dsn, table):
        command = [sys.executable, "-m", "include.sandbox.bank", *advance_arguments(lively, day)]
        with subprocess.Popen(command, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": "."}) as process:
            try:
                wait_for_a_waiter(dsn, table)
            finally:
                process.kill()  # it would wait for the lock, and this for it
    assert bank.lived_days(lively.vendors_dsn) == [LAST_DAY]
    half = everything(lively)

    bank.advance(undisturbed, day)
    assert half != everything(undisturbed)
    with pytest.raises(bank.BankError, match="begun with drop_activity 0"):
        bank.advance(lively, day, drop_activity=0.4)
    assert not bank.advance(lively, day).already_lived
    assert everything(lively) == everything(undisturbed)


def test_history_cut_short_is_completed(places: bank.Places, founded: bank.Places) -> None:
    with psycopg.connect(places.vendors_dsn, autocommit=True) as saas:
        saas.execute("create schema marketing; create table marketing.email_event (in_the_way int)")
    with pytest.raises(psycopg.Error):
        bank.create(places, SMALL)
    with psycopg.connect(places.vendors_dsn, autocommit=True) as saas:
        saas.execute("drop table marketing.email_event")
    bank.create(places, SMALL)
    assert everything(places) == everything(founded)


def test_truth_is_told_for_the_days_lived_and_a_week_before(
    lively: bank.Places, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank.advance(lively, NEXT_DAY)
    out = tmp_path / "truth.json"
    assert main(["truth", f"--vendors-dsn={lively.vendors_dsn}", f"--out={out}"]) == 0
    told = json.loads(out.read_text())
    assert list(told) == [(NEXT_DAY - dt.timedelta(days=ago)).isoformat() for ago in range(7, -1, -1)]
    survivors = {party for (party,) in rows(lively.core_dsn, "select party_id from public.party")} - {
        party for (party,) in rows(lively.core_dsn, "select retired_party_id from public.party_merge")
    }
    for facts in told.values():
        assert facts["active"] == len(facts["active_party_ids"]) > 50
        assert set(facts["active_party_ids"]) <= survivors
        assert facts["active"] < facts["customers"]
    assert "truth about 8 days" in capsys.readouterr().out


def test_code_that_lives_the_past_otherwise_is_noticed(lively: bank.Places) -> None:
    with psycopg.connect(lively.vendors_dsn, autocommit=True) as saas:
        saas.execute("update bank.lived_day set world_digest = 'of another version'")
    with pytest.raises(bank.BankError, match="recreate the sandbox"):
        bank.advance(lively, NEXT_DAY)


def test_long_remarks_are_stored_out_of_line(founded: bank.Places) -> None:
    """So that settling such a transaction reports its remark as unchanged instead of sending it."""
    query = (
        "select count(*) from public.posted_transaction"
        " where length(description) > 8000 and pg_column_toast_chunk_id(description) is not null"
    )
    assert rows(founded.core_dsn, query)[0][0] > 5


def test_insurance_numbers_look_right_and_are_nobody_s(founded: bank.Places) -> None:
    """No SIN begins with 8: that range has never been issued."""
    held = [sin for (sin,) in rows(founded.core_dsn, "select sin from public.party where sin is not null")]
    missing = rows(founded.core_dsn, "select count(*) from public.party where sin is null")[0][0]
    assert 0.03 < missing / (missing + len(held)) < 0.15
    typed = rows(founded.vendors_dsn, "select record ->> 'sin' from kyc.applicant")
    assert {"-" in sin for (sin,) in typed if sin} == {True, False}
    applicants = {sin.replace("-", "") for (sin,) in typed if sin}
    assert len(applicants & set(held)) > 0.7 * len(set(held))
    for sin in applicants | set(held):
        digits = [int(digit) for digit in sin]
        doubled = [sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits)]
        assert len(sin) == 9
        assert sin[0] == "8"
        assert sum(doubled) % 10 == 0
