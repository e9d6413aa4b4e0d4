from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from include.contracts import load_sources
from include.paging import schedule
from include.paging.freshness import judge

KYC = load_sources()["kyc"]
WEDNESDAY = date(2026, 11, 18)
THURSDAY = WEDNESDAY + timedelta(days=1)


def at(hour: int, minute: int = 0, day: date = THURSDAY) -> datetime:
    """A moment in Toronto."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=schedule.ZONE)


def test_age_is_counted_from_the_end_of_the_newest_business_day() -> None:
    assert judge(KYC, [WEDNESDAY], at(5)).age == timedelta(hours=5)


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        (at(2, 59), "fresh"),
        (at(3), "due"),
        (schedule.due(KYC, WEDNESDAY) - timedelta(seconds=1), "due"),
        (schedule.due(KYC, WEDNESDAY), "late"),
    ],
    ids=["day over", "to be loaded", "a second before it is due", "due"],
)
def test_a_source_without_the_day_that_ended_is_due_from_three_and_late_from_its_promise(
    moment: datetime, status: str
) -> None:
    found = judge(KYC, [date(2026, 11, 17)], moment)
    assert (found.awaited, found.status) == (WEDNESDAY, status)


def test_a_source_that_has_the_day_that_ended_awaits_the_next_one() -> None:
    found = judge(KYC, [WEDNESDAY], at(12))
    assert (found.awaited, found.status, found.latest) == (THURSDAY, "fresh", WEDNESDAY)
    assert found.due == schedule.due(KYC, THURSDAY)


def test_a_source_that_was_never_loaded_has_no_age_and_owes_the_last_night() -> None:
    found = judge(KYC, [], at(12))
    assert (found.age, found.latest, found.awaited, found.status) == (None, None, WEDNESDAY, "late")


def test_days_loaded_by_hand_before_the_schedule_begins_promise_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(schedule.FROM, "2100-01-01")
    for loaded in ([], [date(2026, 11, 10)]):
        found = judge(KYC, loaded, at(12))
        assert (found.awaited, found.status) == (date(2099, 12, 31), "fresh")


def test_a_degradable_source_is_late_like_any_other() -> None:
    crm = replace(KYC, criticality="degradable")
    found = judge(crm, [date(2026, 11, 16)], at(12))
    assert (found.criticality, found.status) == ("degradable", "late")
