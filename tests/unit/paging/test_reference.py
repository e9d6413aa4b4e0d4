from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from airflow.serialization.encoders import encode_deadline_reference

from include.paging.reference import PartitionDue

FOUR = PartitionDue(due=time(4), timezone="America/Toronto")


def test_a_partition_is_due_at_the_time_of_day_on_the_day_after_it() -> None:
    assert FOUR.after_partition("2026-11-18") == datetime(2026, 11, 19, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("partition", "utc_hour"),
    [("2026-03-06", 9), ("2026-03-07", 8), ("2026-10-30", 8), ("2026-10-31", 9)],
    ids=["winter", "first summer morning", "summer", "first winter morning"],
)
def test_the_time_of_day_is_torontos_on_both_sides_of_a_clock_change(partition: str, utc_hour: int) -> None:
    due = FOUR.after_partition(partition)
    assert due is not None
    assert due.astimezone(UTC).hour == utc_hour


@pytest.mark.parametrize("key", [None, "", "2026-W47", "yesterday"])
def test_a_partition_key_that_is_no_day_gives_no_deadline_instead_of_stopping_the_run(
    key: str | None,
) -> None:
    assert FOUR.after_partition(key) is None


@pytest.mark.parametrize("conf", [None, {}, {"due_by": None}, {"due_by": ""}, {"stages": ["gold"]}])
def test_a_manual_run_without_due_by_has_no_deadline(conf: dict[str, object] | None) -> None:
    assert FOUR.asked_for(conf) is None


@pytest.mark.parametrize(
    ("due_by", "utc"),
    [
        ("2026-11-19T06:30", datetime(2026, 11, 19, 11, 30, tzinfo=UTC)),
        ("2026-07-19T06:30", datetime(2026, 7, 19, 10, 30, tzinfo=UTC)),
        ("2026-11-19T06:30:00+01:00", datetime(2026, 11, 19, 5, 30, tzinfo=UTC)),
        ("2026-11-19T06:30:00Z", datetime(2026, 11, 19, 6, 30, tzinfo=UTC)),
    ],
    ids=["naive is Toronto, winter", "naive is Toronto, summer", "offset", "zulu"],
)
def test_a_manual_run_is_due_when_its_due_by_says(due_by: str, utc: datetime) -> None:
    assert FOUR.asked_for({"due_by": due_by}) == utc


@pytest.mark.parametrize("due_by", ["half past six", 630, ["2026-11-19T06:30"]])
def test_an_unreadable_due_by_is_refused_with_an_example_of_a_right_one(due_by: object) -> None:
    with pytest.raises(ValueError, match=r"due_by.*write 2026-11-18T06:30 \(America/Toronto\)"):
        FOUR.asked_for({"due_by": due_by})


def test_due_time_and_zone_survive_airflows_serialisation() -> None:
    halifax = PartitionDue(due=time(6, 30), timezone="America/Halifax")
    stored = encode_deadline_reference(halifax)
    assert stored["__class_path"] == "include.paging.reference.PartitionDue"
    assert PartitionDue.deserialize_reference(stored) == halifax
    assert PartitionDue.deserialize_reference(stored) != FOUR
