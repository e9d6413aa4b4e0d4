"""What one asks of the bank: create it, let it live a day, release a file held back, tell the truth."""

import datetime as dt
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from include.sandbox.bank import card_ledger, core_banking, drops, feeds, ledger, vendors
from include.sandbox.bank import truth as books
from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.ledger import BankError, LivedDay
from include.sandbox.bank.life import digest, history, live
from include.sandbox.bank.memory import Memory
from include.sandbox.bank.spec import WorldSpec
from include.sandbox.bank.world import World
from include.sandbox.services.documents import DDL as DOCUMENTS_DDL


@dataclass(frozen=True)
class Places:
    """Where the bank acts: the databases of core banking, of the card ledger and of the SaaS vendors; the
    drop folder.

    `memory` is a folder for the state of its world. Without one, each day lives all days before it again.
    """

    core_dsn: str
    cards_dsn: str
    vendors_dsn: str
    drop: Path
    memory: Path | None = None


@dataclass(frozen=True)
class Report:
    """What a call did: rows touched in each database, and whether the day had been lived before."""

    day: dt.date
    core_rows: int
    card_rows: int
    vendor_rows: int
    already_lived: bool


def create(places: Places, spec: WorldSpec) -> Report:
    """Write `spec.history_days` of history, ending with `spec.last_day`.

    Completes a creation that was cut short; does nothing where this world exists. Raises BankError where
    the databases hold another world.
    """
    with _opened(places) as (saas, core, cards):
        ledger.prepare(saas, core, cards)
        core.execute(core_banking.DDL)
        cards.execute(card_ledger.DDL)
        saas.execute(DOCUMENTS_DDL)
        existing = ledger.founded_spec(saas)
        if existing is None:
            ledger.found(saas, spec)
        elif existing != spec:
            raise BankError(f"these databases hold {existing}, not {spec}; empty them, or ask for that world")
        begun = ledger.lived_days(saas)
        if begun and begun[0].finished:
            return Report(spec.last_day, 0, 0, 0, already_lived=True)
        memory = Memory(places.memory)
        world = history(spec) if not begun else _relived(spec, begun, memory)
        fingerprint = digest(world)
        ledger.begin(saas, spec.last_day, 0.0, fingerprint)
        memory.remember(world, fingerprint)
        core_rows = ledger.commit(core, spec.last_day, core_banking.history(world))
        card_rows = ledger.commit(cards, spec.last_day, card_ledger.history(world))
        vendor_rows = ledger.commit(saas, spec.last_day, vendors.history(world))
        for number in range(spec.first_day.toordinal(), spec.last_day.toordinal() + 1):
            feeds.deliver(places.drop, world, BusinessDay.numbered(number))
        ledger.finish(saas, spec.last_day)
        return Report(spec.last_day, core_rows, card_rows, vendor_rows, already_lived=False)


def advance(
    places: Places, day: dt.date, *, drop_activity: float = 0.0, hold: Collection[str] = ()
) -> Report:
    """Live `day`, which follows the last day lived.

    `drop_activity` of its customer-initiated events (0 to 1) are missing. The day's files of the sources in
    `hold` are prepared aside until `release`. A day lived already is left as it is; one that was cut short is
    completed as it was begun. Raises BankError for any other day.
    """
    if not 0.0 <= drop_activity <= 1.0:
        raise BankError(f"drop_activity is {drop_activity}; give a share between 0 and 1")
    if strange := sorted(set(hold) - set(feeds.SOURCES)):
        raise BankError(
            f"no file of {', '.join(strange)} to hold; files come from {', '.join(feeds.SOURCES)}"
        )
    with _opened(places) as (saas, core, cards):
        spec, days = _lived(saas)
        if any(lived.day == day and lived.finished for lived in days):
            return Report(day, 0, 0, 0, already_lived=True)
        memory = Memory(places.memory)
        world = _next_world(spec, days, day, drop_activity, memory)
        fingerprint = digest(world)
        ledger.begin(saas, day, drop_activity, fingerprint)
        memory.remember(world, fingerprint)
        core_rows = ledger.commit(core, day, core_banking.last_day(world))
        card_rows = ledger.commit(cards, day, card_ledger.last_day(world))
        vendor_rows = ledger.commit(saas, day, vendors.last_day(world))
        feeds.deliver(places.drop, world, BusinessDay.of(day), hold)
        ledger.finish(saas, day)
        return Report(day, core_rows, card_rows, vendor_rows, already_lived=False)


def release(places: Places) -> list[str]:
    """Deliver the files held back by `advance(..., hold=...)`. Returns their names."""
    return drops.release(places.drop)


def founded(vendors_dsn: str) -> WorldSpec | None:
    """The world these databases hold, if any."""
    with ledger.connected(vendors_dsn) as saas:
        return ledger.founded_spec(saas)


def lived_days(vendors_dsn: str) -> list[dt.date]:
    """The last day of history and every day lived since, in order."""
    with ledger.connected(vendors_dsn) as saas:
        return [lived.day for lived in _lived(saas)[1] if lived.finished]


def truth(vendors_dsn: str, memory: Path | None = None) -> dict[str, dict[str, Any]]:
    """{day: facts} as in `include.sandbox.bank.truth.truth`, with everything known by the last day lived."""
    return books.truth(known_world(vendors_dsn, memory))


def known_world(vendors_dsn: str, memory: Path | None = None) -> World:
    """The world at the end of the last day lived, of which every truth can be asked."""
    with ledger.connected(vendors_dsn) as saas:
        spec, days = _lived(saas)
        finished = [lived for lived in days if lived.finished]
        return _relived(spec, finished, Memory(memory))


@contextmanager
def _opened(
    places: Places,
) -> Iterator[tuple[psycopg.Connection, psycopg.Connection, psycopg.Connection]]:
    """Connections to the databases of the vendors, of core banking and of the card ledger, with no other
    process living days.
    """
    with (
        ledger.connected(places.vendors_dsn) as saas,
        ledger.connected(places.core_dsn) as core,
        ledger.connected(places.cards_dsn) as cards,
        ledger.alone(saas),
    ):
        yield saas, core, cards


def _lived(saas: psycopg.Connection) -> tuple[WorldSpec, list[LivedDay]]:
    spec = ledger.founded_spec(saas)
    days = ledger.lived_days(saas) if spec else []
    if spec is None or not days or not days[0].finished:
        raise BankError("there is no bank yet; run `python -m include.sandbox.bank create` first")
    return spec, days


def _next_world(
    spec: WorldSpec, days: list[LivedDay], day: dt.date, drop_activity: float, memory: Memory
) -> World:
    last = days[-1]
    if not last.finished:
        if last.day != day:
            raise BankError(f"{last.day} was begun and not finished; advance that day first")
        if last.drop_activity != drop_activity:
            raise BankError(f"{day} was begun with drop_activity {last.drop_activity}; finish it with that")
        return _relived(spec, days, memory)
    if day != last.day + dt.timedelta(days=1):
        raise BankError(f"the bank has lived up to {last.day}; the next day is the one after, not {day}")
    world = _relived(spec, days, memory)
    live(world, day.toordinal(), drop_activity)
    return world


def _relived(spec: WorldSpec, days: list[LivedDay], memory: Memory) -> World:
    """The world at the end of `days`, of which the first is the last day of history: as remembered, or lived
    on from what is remembered, or lived from the beginning.
    """
    world = _remembered(spec, days, memory)
    last = days[-1].day.toordinal()
    if world is not None and world.last_lived == last:
        return world
    world = world or history(spec)
    for day in days:
        if day.day.toordinal() > world.last_lived:
            live(world, day.day.toordinal(), day.drop_activity)
    if digest(world) != days[-1].world_digest:
        raise BankError(
            f"the bank's code no longer lives {days[-1].day} as these databases hold it; recreate the sandbox"
        )
    return world


def _remembered(spec: WorldSpec, days: list[LivedDay], memory: Memory) -> World | None:
    """A world that the ledger knows as the one at the end of one of `days`."""
    kept = memory.recall(spec)
    if kept is None:
        return None
    world, fingerprint = kept
    known = {lived.day.toordinal(): lived.world_digest for lived in days}
    return world if known.get(world.last_lived) == fingerprint else None
