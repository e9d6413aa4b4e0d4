"""How many rows a day usually has."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.ingest.volume import Range, usual

MONDAY = date(2026, 11, 16)


def weekly(rows: list[int], day: date = MONDAY) -> list[tuple[date, int]]:
    """A history of this weekday alone, ending the week before."""
    first = day - timedelta(weeks=len(rows))
    return [(first + timedelta(weeks=number), count) for number, count in enumerate(rows)]


def daily(rows: list[int], day: date = MONDAY) -> list[tuple[date, int]]:
    first = day - timedelta(days=len(rows))
    return [(first + timedelta(days=number), count) for number, count in enumerate(rows)]


def the_range(history: list[tuple[date, int]], day: date = MONDAY) -> Range:
    found = usual(history, day)
    assert found is not None
    return found


def test_too_few_days_say_nothing() -> None:
    assert usual([], MONDAY) is None
    assert usual(daily([100] * 6), MONDAY) is None
    assert usual(weekly([100] * 3), MONDAY) is None


def test_a_steady_table_may_move_by_a_third_and_not_by_half() -> None:
    usual_mondays = the_range(weekly([1000, 1010, 990, 1005, 995]))
    assert usual_mondays.holds(1290)
    assert usual_mondays.holds(710)
    assert not usual_mondays.holds(500)
    assert not usual_mondays.holds(1500)
    assert usual_mondays.based_on == "the last 5 Mondays"


def test_a_restless_table_has_a_wider_band() -> None:
    # middle 1000, median deviation 200: five times 1.4826 * 200 is 1482
    restless = the_range(weekly([800, 1000, 1200, 700, 1300]))
    assert restless == Range(0, 2483, "the last 5 Mondays")


def test_one_odd_day_in_the_past_does_not_move_the_band() -> None:
    calm, with_outlier = weekly([1000] * 7), weekly([1000] * 3 + [90_000] + [1000] * 3)
    assert the_range(calm) == the_range(with_outlier)


def test_a_small_table_may_move_by_chance() -> None:
    assert the_range(weekly([4, 5, 3, 4])).holds(0)
    assert the_range(weekly([4, 5, 3, 4])).holds(12)
    assert not the_range(weekly([4, 5, 3, 4])).holds(60)


def test_a_sunday_is_held_against_sundays() -> None:
    sunday = date(2026, 11, 15)
    history = [
        (day, 100 if day.weekday() == sunday.weekday() else 1000)
        for day in (sunday - timedelta(days=back) for back in range(56, 0, -1))
    ]
    assert the_range(history, sunday).holds(100)
    assert not the_range(history, sunday).holds(1000)
    assert not the_range(history, sunday + timedelta(days=1)).holds(100)


def test_until_weekdays_are_known_only_a_factor_of_three_is_odd() -> None:
    days = the_range(daily([900, 1000, 300, 280, 950, 1000, 990, 1010]))
    assert days == Range(93, 3030, "the last 8 days")


def test_a_table_that_had_empty_days_may_have_another() -> None:
    assert the_range(daily([0, 50, 40, 60, 0, 50, 45])).holds(0)


def test_nothing_at_all_is_odd_where_every_day_had_rows() -> None:
    assert not the_range(daily([50, 40, 60, 55, 50, 45, 44])).holds(0)


@given(st.lists(st.integers(0, 10**9), min_size=7, max_size=60), st.booleans())
def test_the_middle_of_the_past_is_never_odd(rows: list[int], by_week: bool) -> None:
    history = weekly(rows) if by_week else daily(rows)
    found = the_range(history)
    recent = sorted(rows[-8:])
    assert by_week is False or found.holds(recent[len(recent) // 2])
    assert 0 <= found.low <= found.high


@pytest.mark.parametrize("rows", [71, 129])
def test_both_ends_belong_to_the_range(rows: int) -> None:
    assert Range(71, 129, "").holds(rows)
