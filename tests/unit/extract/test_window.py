from datetime import UTC, date, datetime, timedelta

import pytest

from include.extract.batch import Window


@pytest.mark.parametrize(("key", "hours"), [("2026-11-18", 24), ("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_is_as_long_as_the_clocks_make_it(key: str, hours: int) -> None:
    window = Window.of(key)
    assert window.end.astimezone(UTC) - window.start.astimezone(UTC) == timedelta(hours=hours)


def test_a_day_starts_at_midnight_in_toronto() -> None:
    window = Window.of("2026-07-01")
    assert window.start.astimezone(UTC) == datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert window.end.astimezone(UTC) == datetime(2026, 7, 2, 4, tzinfo=UTC)


def test_days_meet_without_gap_or_overlap_over_a_year() -> None:
    day = date(2026, 1, 1)
    while day < date(2027, 1, 1):
        following = day + timedelta(days=1)
        assert Window.of(day.isoformat()).end == Window.of(following.isoformat()).start
        day = following


def test_history_reaches_back_to_the_day_asked_for_and_ends_with_the_partition() -> None:
    window = Window.of("2026-11-18", since=date(2026, 10, 31))
    assert window.start.astimezone(UTC) == datetime(2026, 10, 31, 4, tzinfo=UTC)
    assert window.end == Window.of("2026-11-18").end
    assert window.partition == date(2026, 11, 18)
    days = list(window.days())
    assert (days[0], days[-1], len(days)) == (date(2026, 10, 31), date(2026, 11, 18), 19)


@pytest.mark.parametrize("key", ["", "yesterday", "2026-13-01", "2026-11-18T03:00"])
def test_a_key_that_is_no_day_is_named_in_the_error(key: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM-DD") as error:
        Window.of(key)
    assert repr(key) in str(error.value)


def test_history_cannot_start_after_the_partition() -> None:
    with pytest.raises(ValueError, match="since=2026-11-19 lies after partition 2026-11-18"):
        Window.of("2026-11-18", since=date(2026, 11, 19))
