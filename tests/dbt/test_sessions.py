"""Sessions built day by day, in whatever order events arrive, against clause 6.3 in Python and a rebuild."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import pytest

from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt

FIRST_DAY = date(2026, 11, 16)
DAYS = [FIRST_DAY + timedelta(days=number) for number in range(4)]
MODELS = ("stg_mobile_app__event", "int_app__event", "int_session__event", "int_session__session")
GAP, LONGEST = timedelta(minutes=30), timedelta(hours=12)
TICK = timedelta(microseconds=1)
STEPS = (timedelta(0), timedelta(minutes=1), timedelta(minutes=25), GAP - TICK, GAP, GAP + TICK)
LINKS = {"ana": "P1", "bo": "P2", "cy": "P3", "dee": "P4"}
LINKED_LATE = {"eve": "P1"}  # Ana's second login, known to be hers on the last day


@dataclass(frozen=True)
class Happening:
    event_id: str
    device_id: str
    user_id: str | None
    event_type: str
    happened_at: datetime
    uploaded_on: date

    def row(self) -> dict[str, str | None]:
        moment = self.happened_at.strftime("%Y-%m-%d %H:%M:%S.%f")
        return {
            "event_id": self.event_id,
            "uuid": f"uuid of {self.event_id}",
            "device_id": self.device_id,
            "user_id": self.user_id,
            "event_type": self.event_type,
            "event_properties": '{"screen":"main"}' if self.event_type == "screen_view" else "{}",
            "session_id": "-1",
            "event_time": moment,
            "server_upload_time": moment,
        }


def happenings() -> list[Happening]:
    """Three days on six devices. Steps lie on and beside half an hour; one device is in use for 30 hours."""
    chance = random.Random(6)  # noqa: S311 - the same events every time
    found: list[Happening] = []

    def happen(device: str, user: str | None, kind: str, moment: datetime) -> None:
        day = (moment - timedelta(hours=5)).date()  # Toronto's, in winter
        late = chance.choice((0, 0, 0, 1, 2))
        uploaded_on = min(day + timedelta(days=late), DAYS[-1])
        found.append(Happening(f"{chance.getrandbits(64):016x}", device, user, kind, moment, uploaded_on))

    users = {"D0": ("ana",), "D1": ("ana", "bo"), "D2": (), "D3": ("cy",), "D4": ("dee",), "D5": ("eve",)}
    for device, names in users.items():
        for day in range(3):
            moment = datetime(2026, 11, 16, 14, tzinfo=UTC) + timedelta(
                days=day, minutes=chance.randrange(0, 700)
            )
            for _ in range(3):
                # Nobody logs in on the first day, and on a device of two people either of them does.
                user = chance.choice(names) if names and day > 0 else None
                happen(device, None, "session_start", moment)
                for place in range(chance.randrange(2, 7)):
                    moment += chance.choice(STEPS)
                    kind = "login" if user and place == 0 else "screen_view"
                    happen(device, user, kind, moment)
                moment += chance.choice((*STEPS, timedelta(hours=2)))
    moment = datetime(2026, 11, 17, 12, tzinfo=UTC)
    while moment < datetime(2026, 11, 18, 18, tzinfo=UTC):
        happen("D4", "dee", "screen_view", moment)
        moment += timedelta(minutes=20)  # so that events lie at twelve hours exactly
    return found


EVENTS = happenings()


def test_the_history_has_what_it_is_for() -> None:
    late = [event for event in EVENTS if event.uploaded_on > event.happened_at.date()]
    assert len(late) > 50
    assert len({event.happened_at for event in EVENTS}) < len(EVENTS), "no two events at one moment"
    assert any(event.user_id is None and event.device_id == "D0" for event in EVENTS)


def all_landed_ahead_and_an_old_day_built_again(
    land: Callable[..., None], build: Callable[..., None]
) -> None:
    for day in DAYS:
        land(day)
    for day in (DAYS[2], DAYS[0], DAYS[3]):
        build(day)


def each_day_landed_in_two_parts_the_second_after_the_next_day_was_built(
    land: Callable[..., None], build: Callable[..., None]
) -> None:
    for number, day in enumerate(DAYS):
        land(day, part=0)
        build(day)
        if number:
            land(DAYS[number - 1], part=1)
    land(DAYS[-1], part=1)
    build(DAYS[-1])


ORDERS = (
    all_landed_ahead_and_an_old_day_built_again,
    each_day_landed_in_two_parts_the_second_after_the_next_day_was_built,
)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: order.__name__)
def test_a_daily_run_cuts_as_the_clause_says_and_as_a_rebuild_does(
    bronze: Bronze, dbt: Dbt, order: Callable[..., None]
) -> None:
    bronze.create()
    bronze.execute("create schema if not exists silver")
    bronze.execute("drop table if exists silver.int_session__event")
    link(bronze, LINKS)

    def land(day: date, part: int | None = None) -> None:
        landing = [event for event in EVENTS if event.uploaded_on == day]
        if part is not None:
            landing = landing[part::2]
        bronze.land("raw_mobile_app.event", [event.row() for event in landing], partition=day)

    def build(day: date) -> None:
        if day == DAYS[-1]:
            link(bronze, LINKS | LINKED_LATE)
        dbt("run", "--select", *MODELS, partition=day)
        assert cut_by_the_model(bronze) == cut_by_the_clause(app_events(bronze)), f"built {day}"

    order(land, build)
    assert len(app_events(bronze)) == len(EVENTS)
    daily = contents(bronze)
    dbt("run", "--full-refresh", "--select", *MODELS[2:], partition=DAYS[-1])
    assert contents(bronze) == daily
    subjects = {row["subject"] for row in bronze.records("select subject from silver.int_session__event")}
    assert subjects == {"P1", "P2", "P3", "P4", "D1", "D2"}


def cut_by_the_clause(events: Iterable[tuple[str, datetime, str]]) -> dict[str, str]:
    """Session by event, of (subject, moment, event id): one event after the other, as clause 6.3 reads."""
    cut: dict[str, str] = {}
    for _, line in groupby(sorted(events), key=itemgetter(0)):
        first = previous = None
        for _, moment, event_id in line:
            if first is None or previous is None or moment - previous >= GAP or moment - first >= LONGEST:
                first, session = moment, event_id
            cut[event_id] = session
            previous = moment
    return cut


def link(bronze: Bronze, links: dict[str, str]) -> None:
    """What identity found of the app's users, in its model's place."""
    rows = ", ".join(f"('mobile_app', 'user', '{user}', '{party}')" for user, party in links.items())
    bronze.execute(
        "create or replace table silver.int_identity__link as select column1 as source_system,"
        f" column2 as record_type, column3 as record_id, column4 as party_id from values {rows}"
    )


def app_events(bronze: Bronze) -> list[tuple[str, datetime, str]]:
    rows = bronze.execute("select subject, happened_at, event_id from silver.int_app__event")
    return [(subject, moment, event_id) for subject, moment, event_id in rows]


def cut_by_the_model(bronze: Bronze) -> dict[str, str]:
    rows = bronze.execute("select event_id, session_id from silver.int_session__event")
    assert len(rows) == len({event_id for event_id, _ in rows}), "an event is there twice"
    return dict(rows)


def contents(bronze: Bronze) -> dict[str, list[tuple[Any, ...]]]:
    return {
        model: sorted(bronze.execute(f"select * from silver.{model}"), key=str)
        for model in ("int_app__event", "int_session__event", "int_session__session")
    }
