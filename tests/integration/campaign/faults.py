"""Where a run can be hit, and with what."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from tests.integration.campaign.child import IN_PUT, RETURNED
from tests.integration.campaign.proxies import When


class Blow(Enum):
    """What happens when the place is reached."""

    KILL = "kill -9 of the step"
    CUT = "network cut"
    WAREHOUSE = "kill -9 of the warehouse"
    POSTGRES = "kill -9 of PostgreSQL"


@dataclass(frozen=True)
class Place:
    """A request of a step: on the way to `server`, the `nth` that matches `sql`.

    A place without a server is one where the step's process ends itself, see `child.Task`. With `leftovers`,
    an extract has come before whose result nobody heard of: its files lie on the stage.
    """

    step: str
    name: str
    server: str
    sql: str
    when: When | None
    blows: tuple[Blow, ...]
    nth: int = 1
    leftovers: bool = False


@dataclass(frozen=True)
class Fault:
    """One blow at one place; afterwards either the step is tried again or the whole run is cleared."""

    place: Place
    blow: Blow
    cleared: bool

    def __str__(self) -> str:
        then = "the run is cleared" if self.cleared else "the step is retried"
        when = f" {self.place.when.value}" if self.place.when else ""
        return f"{self.place.step}: {self.blow.value} at {self.place.name}{when}; {then}"


_SLOT, _WAREHOUSE = "postgres", "warehouse"
_HERE = (Blow.KILL,)
_ON_SLOT = (Blow.KILL, Blow.CUT, Blow.POSTGRES)
_ON_WAREHOUSE = (Blow.KILL, Blow.CUT, Blow.WAREHOUSE)
_LEDGER = "^insert into raw_control.load_ledger"

_WHOLE = "^insert into raw_control.staged_table"

IN_A_TABLE = Place("extract", "the snapshot", _SLOT, "from only", When.WORKING, _ON_SLOT)
BETWEEN_TABLES = Place(
    "extract", "the second table, whole", _WAREHOUSE, _WHOLE, When.ANSWERED, _ON_WAREHOUSE, nth=2
)
SNAPSHOT = (IN_A_TABLE, BETWEEN_TABLES)
"""Only the first load takes one."""

PLACES = (
    Place("prepare", "the publication", _SLOT, "from pg_publication", When.ANSWERED, _ON_SLOT),
    Place("extract", "the question for changes", _SLOT, "logical_slot_peek", When.ASKED, _ON_SLOT),
    Place("extract", "the changes", _SLOT, "logical_slot_peek", When.WORKING, _ON_SLOT),
    Place("extract", "PUT", _WAREHOUSE, "^put ", When.ASKED, _ON_WAREHOUSE),
    Place("extract", "PUT, the file not filled", "", IN_PUT, None, _HERE),
    Place("extract", "a later PUT", _WAREHOUSE, "^put ", When.ANSWERED, _ON_WAREHOUSE, nth=2),
    Place("extract", "its end, nobody told", "", RETURNED, None, _HERE),
    Place("load", "the lock", _WAREHOUSE, "^update raw_control.lock_", When.ANSWERED, _ON_WAREHOUSE),
    Place("load", "COPY", _WAREHOUSE, "^copy into", When.ASKED, _ON_WAREHOUSE),
    Place("load", "COPY", _WAREHOUSE, "^copy into", When.WORKING, _ON_WAREHOUSE),
    Place("load", "COPY", _WAREHOUSE, "^copy into", When.ANSWERED, _ON_WAREHOUSE),
    Place("load", "a later COPY", _WAREHOUSE, "^copy into", When.WORKING, _ON_WAREHOUSE, nth=3),
    Place("load", "the ledger", _WAREHOUSE, _LEDGER, When.ANSWERED, _ON_WAREHOUSE, nth=2),
    Place("load", "COMMIT", _WAREHOUSE, "^commit", When.ASKED, _ON_WAREHOUSE),
    Place("load", "COMMIT", _WAREHOUSE, "^commit", When.WORKING, _ON_WAREHOUSE),
    Place("load", "COMMIT", _WAREHOUSE, "^commit", When.ANSWERED, _ON_WAREHOUSE),
    Place("load", "its end, nobody told", "", RETURNED, None, _HERE),
    Place("audit", "the reconciliation", _WAREHOUSE, r"^select count\(\*\)", When.WORKING, _ON_WAREHOUSE),
    Place("confirm", "the slot", _SLOT, "pg_replication_slot_advance", When.ASKED, _ON_SLOT),
    Place("confirm", "the slot", _SLOT, "pg_replication_slot_advance", When.ANSWERED, _ON_SLOT),
    Place(
        "confirm",
        "the stage half cleared",
        _WAREHOUSE,
        "^remove ",
        When.ANSWERED,
        _ON_WAREHOUSE,
        nth=2,
        leftovers=True,
    ),
    Place("confirm", "its end, nobody told", "", RETURNED, None, _HERE),
)


def faults(seed: int) -> Iterator[Fault]:
    """One in the first snapshot; then every place once, every place again with another blow, and so on.

    `seed` draws the order of places, which of its blows a place gets, and what happens afterwards.
    """
    chance = random.Random(seed)  # noqa: S311 -- a shuffle
    first = chance.choice(SNAPSHOT)
    yield Fault(first, chance.choice(first.blows), cleared=False)
    while True:
        left = {place: chance.sample(place.blows, len(place.blows)) for place in PLACES}
        while places := [place for place in PLACES if left[place]]:
            for place in chance.sample(places, len(places)):
                yield Fault(place, left[place].pop(), cleared=chance.random() < 0.5)
