"""Each dirt of the bank by its name: at its known rate, and in what the sources show of it."""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from include.sandbox.bank import (
    ad_spend,
    authorizations,
    card_ledger,
    compliance,
    core_banking,
    mailings,
    referrals,
    reviews,
)
from include.sandbox.bank.calendar import HOUR, BusinessDay
from include.sandbox.bank.life import live
from include.sandbox.bank.world import World
from tests.unit.sandbox.bank.shown import Shown

FALL_BACK = dt.date(2026, 11, 1)  # in the default world's history


@pytest.fixture(scope="module")
def days(full_size: World) -> list[Shown]:
    """What five days do to the databases."""
    world = copy.deepcopy(full_size)
    found = []
    for _ in range(5):
        live(world, world.last_lived + 1)
        found.append(Shown.of([*core_banking.last_day(world), *card_ledger.last_day(world)]))
    return found


def test_duplicate_records_are_delivered_under_one_event_id(shown: Shown) -> None:
    mails = [event["event_id"] for event in shown.rows["marketing.email_event"]]
    uploads = [event["$insert_id"] for event in shown.rows["mobile_app.event"]]
    assert 1 - len(set(mails)) / len(mails) == pytest.approx(mailings.SHARE_TOLD_TWICE, rel=0.2)
    assert 1 - len(set(uploads)) / len(uploads) == pytest.approx(0.01, rel=0.2)


def test_resent_records_stand_again_in_a_later_file(full_size: World) -> None:
    """A line of an earlier day's account reviews, word for word, on so many days."""
    seen: set[bytes] = set()
    days_with_one = []
    for number in range(full_size.spec.first_day.toordinal(), full_size.last_lived + 1):
        lines = set(reviews.content(full_size, BusinessDay.numbered(number), number).split(b"\n")[1:-1])
        days_with_one.append(bool(lines & seen))
        seen |= lines
    assert any(days_with_one)
    assert np.mean(days_with_one) == pytest.approx(compliance.SHARE_OF_DAYS_WITH_REPEAT, rel=0.4)


def test_late_and_out_of_order_events_come_days_after_they_happened(shown: Shown) -> None:
    events = sorted(shown.rows["mobile_app.event"], key=lambda event: event["server_upload_time"])
    happened = [dt.datetime.fromisoformat(event["event_time"]) for event in events]
    uploaded = [dt.datetime.fromisoformat(event["server_upload_time"]) for event in events]
    delays = [(up - at) / dt.timedelta(days=1) for at, up in zip(happened, uploaded, strict=True)]
    assert 0.01 < np.mean([delay > 1 for delay in delays]) < 0.08
    assert 2 < max(delays) < 3.1
    assert any(later < earlier for earlier, later in pairwise(happened))


def test_updates_that_only_touch_one_column_reach_the_databases(days: list[Shown]) -> None:
    for table, column in (("public.party", "phone"), ("public.card", "status")):
        alone = [[row for row in day.updates[table] if len(row) == 2] for day in days]  # the key is one
        assert all(alone), f"a day without such an update of {table}"
        assert {name for rows in alone for row in rows for name in row} == {f"{table[7:]}_id", column}


def test_deletes_reach_the_databases_every_day(days: list[Shown]) -> None:
    for table in ("public.posted_transaction", "public.card_authorization"):
        assert all(day.deleted[table] for day in days), table
    assert any(day.deleted["public.settlement"] for day in days)


def test_time_zones_differ_by_source_and_some_are_not_told(shown: Shown) -> None:
    def endings(moments: list[str]) -> set[str]:
        return {re.sub(r"^[0-9-]{10}[T ][0-9:.]{8,15}", "", moment) for moment in moments}

    def of(table: str, column: str) -> set[str]:
        return endings([row[column] for row in shown.rows[table]])

    assert of("marketing.subscription", "updated_at") == {"-04:00", "-05:00"}
    assert of("kyc.applicant", "updated_at") == {"Z"}
    assert of("crm_a.contact", "SystemModstamp") == {"+0000"}
    assert of("public.party", "updated_at") == {"+00"}
    assert of("mobile_app.event", "event_time") == {""}
    assert of("public.card_authorization", "terminal_time") == {""}
    apart = Counter(
        round(
            (
                dt.datetime.fromisoformat(row["authorized_at"]).replace(tzinfo=None)
                - dt.datetime.fromisoformat(row["terminal_time"])
            )
            / dt.timedelta(hours=1)
        )
        for row in shown.rows["public.card_authorization"]
    )
    elsewhere = (apart[0] + apart[7] + apart[8]) / apart.total()  # UTC and Vancouver
    assert elsewhere == pytest.approx(authorizations.SHARE_ELSEWHERE, rel=0.1)


def test_a_daylight_saving_day_has_25_hours_and_one_of_them_twice(shown: Shown) -> None:
    day = BusinessDay.of(FALL_BACK)
    assert day.end - day.start == 25 * HOUR
    posted = [dt.datetime.fromisoformat(row["posted_at"]) for row in shown.rows["public.posted_transaction"]]
    midnight = dt.datetime.fromtimestamp(day.start / 1e6, dt.UTC)
    of_the_hour = [
        sum(midnight <= at - dt.timedelta(hours=hour) < midnight + dt.timedelta(hours=1) for at in posted)
        for hour in range(25)
    ]
    assert of_the_hour[24] > 0, "nothing happened in the hour that other days do not have"
    opened = Counter(event["event_time"][:13] for event in shown.rows["mobile_app.event"])
    assert opened[f"{FALL_BACK} 05"] > 0, "nobody opened the app between one and two, the first time"
    assert opened[f"{FALL_BACK} 06"] > 0, "nor the second time"


def test_emoji_and_nuls_are_in_text(full_size: World, shown: Shown) -> None:
    """PostgreSQL's text cannot hold a NUL; vendors' JSON and departments' files can."""
    remarks = " ".join(row["description"] or "" for row in shown.rows["public.posted_transaction"])
    comments = " ".join(row["comment"] or "" for row in shown.rows["nps.response"])
    assert max(map(ord, remarks)) > 0xFFFF
    assert "👍" in comments
    searched = {event["event_properties"].get("search_text") for event in shown.rows["mobile_app.event"]}
    assert any(text and "\0" in text for text in searched)
    day = BusinessDay.numbered(full_size.last_lived)
    sent = b"".join(
        feed.content(full_size, BusinessDay.numbered(day.number - back), day.number)
        for feed in (ad_spend, referrals)
        for back in range(14)
    )
    assert b"\x00" in sent
    assert "🎯".encode() in sent


def test_numbers_as_strings_stand_beside_numbers(full_size: World, shown: Shown) -> None:
    amounts = [event["event_properties"].get("amount") for event in shown.rows["mobile_app.event"]]
    assert {type(amount) for amount in amounts if amount is not None} == {int, float, str}
    deals = {type(row["properties"]["amount"]) for row in shown.rows["crm_b.deal"]}
    assert deals == {str, type(None)}
    day = BusinessDay.numbered(full_size.last_lived)
    assert b",00;" in referrals.content(full_size, day, day.number)
    assert b"$" in ad_spend.content(full_size, day, day.number)
