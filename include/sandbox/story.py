"""What the sandbox can live through: its history, one more day, or the three days of `make run`."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from include.contracts import load_metric_contract, load_sources
from include.sandbox import bank
from include.sandbox.airflow import drop_folder
from include.sandbox.airflow_api import AirflowApi
from include.sandbox.daily_run import MEDALLION, DailyRun
from include.sandbox.lifecycle import Sandbox, SandboxError
from include.sandbox.summary import first_sentence, summarise
from include.warehouse.session import Warehouse

STORY_DAYS = 3
DROP = 0.4
HELD = "drop_account_reviews"
# Contacts and applicants older than the bank's history keep their own dates: a first load asks for all.
BEGINNING = date(2000, 1, 1)
# Long enough for the other sources to finish first, so that the page names what really holds the day up.
PATIENCE = timedelta(seconds=45)
PAGE_SECONDS = 120


@dataclass(frozen=True)
class Size:
    """How large a bank to found; of no effect once there is one."""

    people: int = 2000
    history_days: int = 60
    seed: int = 7


@dataclass(frozen=True)
class Story:
    """Days of one sandbox. ``say`` receives one line per thing that happened."""

    sandbox: Sandbox
    say: Callable[[str], None]
    size: Size = Size()

    def prepare(self) -> None:
        """Start the servers, found the bank if there is none, and wait until Airflow knows the DAGs."""
        self.sandbox.up(self.say)
        world = self._spec()
        founded = bank.create(self._places, world)
        if not founded.already_lived:
            self.say(
                f"bank founded: {world.people:,} people, {world.history_days} days up to {world.last_day}"
                f" ({founded.core_rows:,} rows in core banking, {founded.card_rows:,} in the card ledger,"
                f" {founded.vendor_rows:,} at the vendors)"
            )
        self._api.wait_for_dags([MEDALLION, *(source.dag_id for source in load_sources().values())])

    def one_day(self, day: date | None) -> None:
        """Live the next day and publish it; or finish, or repeat, a day already lived.

        Raises:
            SandboxError: the day lies beyond the next one, or a run failed.
        """
        self.prepare()
        self._load_history()
        lived = self.lived()
        published = self._published()
        unfinished = lived[-1] if published is None or published < lived[-1] else None
        day = day or unfinished or lived[-1] + timedelta(days=1)
        self.live(day)
        bank.release(self._places)
        DailyRun(self._api, self.say).run(day.isoformat(), again=day != unfinished and day in lived)

    def three_days(self) -> bool:
        """The whole of `make run`. True if everything is as it should be."""
        self.prepare()
        self._load_history()
        first = self.lived()[0] + timedelta(days=1)
        days = [first + timedelta(days=step) for step in range(STORY_DAYS)]
        for day in days[:-1]:
            self.live(day)
            DailyRun(self._api, self.say).run(day.isoformat())
        self._late_day(days[-1])
        world = bank.known_world(self._vendors, self._places.memory)
        summary = summarise(days, world, self._messages(), HELD)
        self.say("")
        for line in (
            *summary.lines,
            "",
            *(f"{name:<12} {link}" for name, link in self.sandbox.links().items()),
        ):
            self.say(line)
        for fault in summary.wrong:
            self.say(f"not as it should be: {fault}")
        return not summary.wrong

    def live(self, day: date, *, drop_activity: float = 0.0, hold: Collection[str] = ()) -> None:
        """The bank lives a day, or has; what is held back stays away until it is released.

        Raises:
            SandboxError: the day lies beyond the next one.
        """
        try:
            lived = bank.advance(self._places, day, drop_activity=drop_activity, hold=hold)
        except bank.BankError as error:
            raise SandboxError(str(error)) from error
        if not lived.already_lived:
            self.say(
                f"{day}  the bank lives the day: {lived.core_rows:,} rows in core banking,"
                f" {lived.card_rows:,} in the card ledger, {lived.vendor_rows:,} records at the vendors"
            )

    def lived(self) -> list[date]:
        """Every day the bank has lived, the last of its history first."""
        return bank.lived_days(self._vendors)

    def _late_day(self, day: date) -> None:
        """A day with a drop in activity, whose account reviews arrive only after on-call was paged."""
        published = self._published()
        if published is not None and published >= day:
            return
        self.live(day, drop_activity=DROP, hold=[HELD])
        due_by = (datetime.now(UTC) + PATIENCE).isoformat(timespec="seconds")
        run = DailyRun(self._api, self.say, confs={HELD: {"due_by": due_by}})
        bronze = run.start_bronze(day.isoformat())
        self.say(f"{day}  {HELD} is held back; it is due in {PATIENCE.seconds} s")
        self._wait_for_page(day)
        bank.release(self._places)
        self.say(f"{day}  {HELD} arrives")
        run.finish(bronze)
        run.finish_medallion(day.isoformat())

    def _wait_for_page(self, day: date) -> None:
        give_up = time.monotonic() + PATIENCE.seconds + PAGE_SECONDS
        channel = load_metric_contract().channel
        while time.monotonic() < give_up:
            for message in self._messages():
                if message["channel"] == channel and day.isoformat() in str(message):
                    self.say(f"{day}  on-call was paged: {first_sentence(message)}")
                    return
            time.sleep(1)
        raise SandboxError(
            f"{HELD} missed its deadline on {day} and nobody was paged; see the triggerer's log in "
            f"{self.sandbox.state.folder('run')}"
        )

    def _load_history(self) -> None:
        """Load everything up to the last day of history, as one partition with ``since``."""
        last = self._spec().last_day
        published = self._published()
        if published is not None and published >= last:
            return
        self.say(f"loading the history up to {last}")
        DailyRun(self._api, self.say, first_load()).run(last.isoformat())

    def _published(self) -> date | None:
        """The partition that gold holds; None before the first publication."""
        with Warehouse().cursor() as cursor:
            cursor.execute(
                "select count(*) from information_schema.tables "
                "where table_schema = 'GOVERNANCE' and table_name = 'PUBLICATION'"
            )
            if not cursor.fetchall()[0][0]:
                return None
            cursor.execute("select max(partition_key) from governance.publication")
            found = cursor.fetchall()[0][0]
            return found if found is None else date.fromisoformat(str(found))

    def _messages(self) -> list[dict[str, Any]]:
        url = f"{self.sandbox.state.url('services')}/slack/messages"
        found: list[dict[str, Any]] = httpx.get(url, timeout=30).json()
        return found

    def _spec(self) -> bank.WorldSpec:
        """The world there is, or else one whose three days to live end before yesterday.

        Then every contracted moment to publish them has passed, at whatever hour this runs, and the only
        deadline is the one that the last day's late source is given.
        """
        found = bank.founded(self._vendors)
        if found is not None:
            return found
        today = datetime.now(ZoneInfo(load_metric_contract().timezone)).date()
        last = today - timedelta(days=STORY_DAYS + 2)
        return bank.WorldSpec(last, self.size.people, self.size.history_days, self.size.seed)

    @cached_property
    def _api(self) -> AirflowApi:
        return AirflowApi(self.sandbox.state.url("airflow"))

    @property
    def _vendors(self) -> str:
        return self.sandbox.postgres.dsn("vendors")

    @property
    def _places(self) -> bank.Places:
        dsn = self.sandbox.postgres.dsn
        state = self.sandbox.state
        return bank.Places(dsn("core"), dsn("cards"), self._vendors, drop_folder(state), state.folder("bank"))


def first_load() -> dict[str, dict[str, str]]:
    """What the first runs are asked for, by source: everything since the beginning."""
    since = {"since": BEGINNING.isoformat()}
    return {
        source.name: dict(since)
        for source in load_sources().values()
        if source.kind != "cdc"  # a CDC source begins with a snapshot
    }
