"""Columns that sources announced appear in the middle of what the bank lives."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from include.contracts import load_sources
from include.sandbox import bank
from include.sandbox.bank import referrals
from include.sandbox.bank.announced import first_day
from include.sandbox.bank.calendar import BusinessDay
from tests.unit.sandbox.bank.conftest import LAST_DAY, SMALL

ANNOUNCED = [
    (source.name, table.name, column.name, column.announced_for)
    for source in load_sources().values()
    for table in source.tables
    for column in table.columns
    if column.announced_for
]
APPEARS = LAST_DAY + dt.timedelta(days=2)


def asked(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def test_one_source_of_each_kind_has_announced_a_column() -> None:
    assert sorted(load_sources()[source].kind for source, *_ in ANNOUNCED) == ["cdc", "drop", "rest"]


@pytest.mark.parametrize("announced", ANNOUNCED, ids=lambda announced: announced[0])
def test_no_column_is_missing_on_a_day_on_which_its_contract_has_it(
    announced: tuple[str, str, str, dt.date],
) -> None:
    *column, day = announced
    for ahead in (-400, -2, -1, 0, 1, 400):
        spec = replace(SMALL, last_day=day + dt.timedelta(days=ahead))
        begins = dt.date.fromordinal(first_day(spec, *column))
        assert begins <= day
        assert begins == min(day, spec.last_day + dt.timedelta(days=2))


def test_announced_columns_appear_on_the_second_day_and_not_in_what_was_before(lively: bank.Places) -> None:
    bank.advance(lively, LAST_DAY + dt.timedelta(days=1))
    columns = "select count(*) from information_schema.columns where column_name = 'wallet'"
    answers = "select id from nps.response where record::jsonb ? 'delivery_method'"
    assert asked(lively.cards_dsn, columns) == [(0,)]
    assert asked(lively.vendors_dsn, answers) == []

    bank.advance(lively, APPEARS)
    noon = f"'{APPEARS} 12:00 America/Toronto'::timestamptz"
    ((before, since, held),) = asked(
        lively.cards_dsn,
        f"select count(*) filter (where wallet is not null and authorized_at < {noon}"
        f"    and authorized_at >= '{APPEARS} America/Toronto'::timestamptz),"
        f" count(*) filter (where authorized_at >= {noon}), count(wallet) from public.card_authorization",
    )
    assert before == 0
    assert 0 < held < since
    told = asked(
        lively.vendors_dsn,
        "select record::jsonb ? 'delivery_method', (record ->> 'updated_at')::bigint from nps.response",
    )
    midnight = BusinessDay.of(APPEARS).start // 1_000_000
    assert {has for has, _ in told} == {True, False}
    assert all(has == (moment >= midnight) for has, moment in told)
    for ahead in (1, 2):
        file = lively.drop / referrals.file_name(BusinessDay.of(LAST_DAY + dt.timedelta(days=ahead)))
        lines = list(csv.DictReader(io.StringIO(file.read_bytes().decode("cp1252")), delimiter=";"))
        assert [("branch_transit" in line) for line in lines] == [ahead == 2] * len(lines)
        assert all(len(line["branch_transit"]) == 5 for line in lines if ahead == 2)


def test_the_ledger_of_a_bank_founded_later_has_the_column_from_the_announced_day_on(
    places: bank.Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins = LAST_DAY - dt.timedelta(days=3)
    monkeypatch.setattr("include.sandbox.bank.authorizations.first_day", lambda *_: begins.toordinal())
    bank.create(places, SMALL)
    bank.advance(places, LAST_DAY + dt.timedelta(days=1))
    ((before, since),) = asked(
        places.cards_dsn,
        f"select count(wallet) filter (where authorized_at < '{begins} America/Toronto'::timestamptz"
        f" - interval '3 days'), count(wallet) from public.card_authorization",
    )
    assert before == 0
    assert since > 0
