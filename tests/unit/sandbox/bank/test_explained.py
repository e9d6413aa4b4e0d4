"""What the sources show to a daily reader is enough to arrive at the bank's truth.

The reader here knows rows, records and files only, and judges one customer at a time.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from include.sandbox import bank
from tests.unit.sandbox.bank.conftest import LAST_DAY

PRIMARY = {"everyday_chequing", "student_chequing", "high_interest_savings"}
INITIATED = {"purchase", "bill_payment", "transfer_out", "cash_withdrawal", "deposit"}
WINDOW = dt.timedelta(hours=720)


class Reader:
    """Reads each day once, after it was lived, as the pipeline does."""

    def __init__(self, places: bank.Places) -> None:
        self._places = places
        self._subscriptions: list[dict[str, Any]] = []

    def read_day(self, since: dt.datetime, until: dt.datetime) -> None:
        query = "select record from marketing.subscription where cursor_at >= %s and cursor_at < %s"
        with psycopg.connect(self._places.vendors_dsn) as saas:
            self._subscriptions += [record for (record,) in saas.execute(query, (since, until))]

    def active(self, moment: dt.datetime) -> list[str]:
        """Survivors that clause 3.1 calls active at `moment`."""
        with psycopg.connect(self._places.core_dsn) as core:
            merged = dict(core.execute("select retired_party_id, surviving_party_id from public.party_merge"))
            accounts = core.execute(
                "select account_id, party_id, product_code, opened_at, closed_at from public.account"
            ).fetchall()
            transactions = core.execute(
                "select account_id, txn_type, posted_at from public.posted_transaction"
            ).fetchall()
        with psycopg.connect(self._places.vendors_dsn) as saas:
            query = "select record from marketing.email_event where record ->> 'event_type' = 'unsubscribe'"
            unsubscribed = [record for (record,) in saas.execute(query)]

        def survivor(party: str) -> str:
            while party in merged:
                party = merged[party]
            return party

        owner = {account: survivor(party) for account, party, *_ in accounts}
        party_of = {
            one["contact_id"]: one["external_id"] for one in self._subscriptions if one["external_id"]
        }
        acts: dict[str, list[dt.datetime]] = defaultdict(list)
        for account, kind, at in transactions:
            if kind in INITIATED:
                acts[owner[account]].append(at)
        for account, _, _, opened, closed in accounts:
            acts[owner[account]] += [at for at in (opened, closed) if at]
        for event in unsubscribed:
            acts[survivor(party_of[event["contact_id"]])].append(moment_of(event["occurred_at"]))

        states: dict[str, list[tuple[dt.datetime, bool]]] = defaultdict(list)
        for one in self._subscriptions:
            if one["contact_id"] in party_of:
                key = survivor(party_of[one["contact_id"]])
                states[key].append((moment_of(one["updated_at"]), one["operational_opt_in"]))
        decisions: dict[str, list[tuple[dt.datetime, str]]] = defaultdict(list)
        for review in self._reviews():
            decisions[review["account_id"]].append((moment_of(review["reviewed_at"]), review["decision"]))

        def latest(stated: list[tuple[dt.datetime, Any]]) -> Any:
            return max(((at, state) for at, state in stated if at <= moment), default=(None, None))[1]

        held = {owner[account] for account, made in decisions.items() if latest(made) in ("freeze", "review")}
        holders = {
            owner[account]
            for account, _, product, opened, closed in accounts
            if product in PRIMARY and opened <= moment and (closed is None or closed > moment)
        }
        return sorted(
            party
            for party in holders - held
            if latest(states[party]) and any(moment - WINDOW <= at <= moment for at in acts[party])
        )

    def _reviews(self) -> list[dict[str, str]]:
        found = []
        for path in self._places.drop.glob("account_reviews_*.csv"):
            with path.open(encoding="utf-8-sig", newline="") as file:
                found += list(csv.DictReader(file))
        return found


def moment_of(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def end_of(day: dt.date) -> dt.datetime:
    """The first instant after `day` in Toronto."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo("America/Toronto"))


def test_a_reader_of_the_sources_arrives_at_the_truth(places: bank.Places) -> None:
    bank.create(places, bank.WorldSpec(LAST_DAY, people=600, history_days=45))
    reader = Reader(places)
    reader.read_day(dt.datetime(2000, 1, 1, tzinfo=dt.UTC), end_of(LAST_DAY))
    for ahead in range(4):
        day = LAST_DAY + dt.timedelta(days=ahead)
        bank.advance(places, day + dt.timedelta(days=1))
        reader.read_day(end_of(day), end_of(day + dt.timedelta(days=1)))

    truth = bank.truth(places.vendors_dsn)
    assert len(truth) == 11
    for day, facts in truth.items():
        last_instant = end_of(dt.date.fromisoformat(day)) - dt.timedelta(microseconds=1)
        # Aware arithmetic in one zone is wall-clock arithmetic; the window is in hours.
        assert reader.active(last_instant.astimezone(dt.UTC)) == sorted(facts["active_party_ids"]), day
