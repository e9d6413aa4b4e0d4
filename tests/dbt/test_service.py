"""Business time held against a calendar, and figures of a day that a source lacks."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from include.contracts import load_metric_contract
from tests.dbt.bronze import Bronze, rfc3339
from tests.dbt.project import Dbt
from tests.dbt.small_world import DAY

SEED = 20
TORONTO = ZoneInfo(load_metric_contract().timezone)
CLOCKS_CHANGE = (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC))
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def open_minutes(since: datetime, until: datetime) -> float:
    """Day by day, as one would count on a calendar."""
    hours = load_metric_contract().clauses["7.3"].parameters
    opens, closes = time.fromisoformat(hours["opens"]), time.fromisoformat(hours["closes"])
    day, total = since.astimezone(TORONTO).date(), timedelta()
    while day <= until.astimezone(TORONTO).date():
        if WEEK[day.weekday()] in hours["business_days"]:
            begins = max(since, datetime.combine(day, opens, TORONTO).astimezone(UTC))
            ends = min(until, datetime.combine(day, closes, TORONTO).astimezone(UTC))
            total += max(ends - begins, timedelta())
        day += timedelta(days=1)
    return total.total_seconds() / 60


def intervals() -> list[tuple[datetime, datetime]]:
    """Short and long ones: within a day, over weekends and changes of the clocks, years."""
    chance = random.Random(SEED)  # noqa: S311 -- moments, not secrets
    seconds = [chance.randrange(10 ** chance.randrange(1, 9)) for _ in range(120)]
    starts = [
        *(change + timedelta(minutes=chance.randrange(-6000, 6000)) for change in CLOCKS_CHANGE * 30),
        *(datetime(2023, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10**8)) for _ in range(60)),
    ]
    return [(start, start + timedelta(seconds=length)) for start, length in zip(starts, seconds, strict=True)]


def test_business_minutes_are_those_that_a_calendar_gives(bronze: Bronze, dbt: Dbt) -> None:
    bronze.create()
    solved = json.dumps([{"event_type": "Change", "status": "solved"}])
    expected = {}
    tickets, events = [], []
    for number, (since, until) in enumerate(intervals()):
        tickets.append({"id": str(number), "status": "solved", "created_at": rfc3339(since)})
        events.append(
            {
                "id": str(number),
                "ticket_id": str(number),
                "created_at": rfc3339(until),
                "child_events": solved,
            }
        )
        expected[str(number)] = round(open_minutes(since, until), 2)
    bronze.land("raw_support.ticket", tickets, partition=DAY)
    bronze.land("raw_support.ticket_event", events, partition=DAY)
    dbt("run", "--select", "+fct_ticket", partition=DAY)
    found = dict(
        bronze.execute("select ticket_id, resolution_business_minutes::float from gold_candidate.fct_ticket")
    )
    assert found == expected


def test_a_day_that_bronze_holds_nothing_of_is_withheld_until_it_comes(bronze: Bronze, dbt: Dbt) -> None:
    bronze.create()
    late = DAY - timedelta(days=1)

    def ticket(partition: date) -> None:
        bronze.land("raw_support.ticket", [{"id": "1", "status": "new"}], partition=partition)

    def withheld(partition: date) -> list[tuple[object, ...]]:
        dbt("run", "--select", "+int_metric__withheld", partition=partition)
        return bronze.execute(
            "select metric_name, metric_date from silver.int_metric__withheld order by 1, 2"
        )

    bronze.land("raw_nps.response", [{"id": "1"}], partition=DAY - timedelta(days=3))
    ticket(DAY - timedelta(days=2))
    ticket(DAY)
    assert withheld(late) == [
        ("survey_responses", DAY - timedelta(days=2)),
        ("survey_responses", late),
        ("tickets_created", late),
    ]
    ticket(late)
    bronze.land("raw_nps.response", [{"id": "1"}], partition=DAY)
    assert withheld(DAY) == [("survey_responses", DAY - timedelta(days=2)), ("survey_responses", late)]
