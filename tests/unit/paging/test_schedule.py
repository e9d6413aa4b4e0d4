from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from include.contracts import load_sources
from include.paging import schedule


def test_a_partition_is_owed_from_three_in_the_morning_after_it() -> None:
    assert schedule.last_owed(datetime(2026, 11, 19, 7, 59, tzinfo=UTC)) == date(2026, 11, 17)
    assert schedule.last_owed(datetime(2026, 11, 19, 8, 0, tzinfo=UTC)) == date(2026, 11, 18)


def test_three_in_the_morning_is_torontos_in_summer_too() -> None:
    assert schedule.last_owed(datetime(2026, 7, 19, 6, 59, tzinfo=UTC)) == date(2026, 7, 17)
    assert schedule.last_owed(datetime(2026, 7, 19, 7, 0, tzinfo=UTC)) == date(2026, 7, 18)


def test_nothing_is_owed_before_the_first_scheduled_night(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(schedule.FROM, "2026-11-20")
    assert schedule.first_owed() == date(2026, 11, 19)
    assert schedule.last_owed(datetime(2026, 11, 20, 7, 59, tzinfo=UTC)) is None
    assert schedule.last_owed(datetime(2026, 11, 20, 8, 0, tzinfo=UTC)) == date(2026, 11, 19)


def test_the_first_owed_partition_is_the_one_airflow_creates_first(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.timetables.base import TimeRestriction
    from airflow.timetables.trigger import CronPartitionTimetable

    monkeypatch.setenv(schedule.FROM, "2100-01-01")
    timetable = CronPartitionTimetable(
        schedule.CRON, timezone=schedule.TIMEZONE, run_offset=-1, key_format="%Y-%m-%d"
    )
    restriction = TimeRestriction(earliest=schedule.scheduled_from(), latest=None, catchup=False)  # type: ignore[arg-type]
    first = timetable.next_dagrun_info_v2(last_dagrun_info=None, restriction=restriction)
    assert first is not None
    assert first.partition_key == schedule.first_owed().isoformat()
    assert first.run_after == schedule.starts(schedule.first_owed())


def test_a_first_day_that_is_no_day_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(schedule.FROM, "next week")
    with pytest.raises(ValueError, match=r"GOVERNED_ANALYTICS_SCHEDULE_FROM: 'next week'.*2026-11-18"):
        schedule.scheduled_from()


def test_a_partition_is_due_at_its_contracts_hour() -> None:
    kyc = load_sources()["kyc"]
    due = schedule.due(kyc, date(2026, 11, 18)).astimezone(schedule.ZONE)
    assert (due.date(), due.time()) == (date(2026, 11, 19), kyc.due)
