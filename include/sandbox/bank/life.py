"""How a world comes to be and moves on: founded once, then lived day by day."""

import hashlib

from include.sandbox.bank import (
    activity,
    ad_spend,
    app_usage,
    cards,
    compliance,
    contacts,
    mailings,
    onboarding,
    rates,
    referrals,
    sales,
    screening,
    servicing,
    surveys,
    tickets,
    upkeep,
)
from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.chance import Today
from include.sandbox.bank.columns import Columns
from include.sandbox.bank.population import founded
from include.sandbox.bank.spec import QUIET_DAYS, WorldSpec
from include.sandbox.bank.world import World

# Activity closes the day's books: it brings its totals to their level after all else has happened. At night
# core banking's upkeep goes over what is there.
BOOKED = (onboarding, servicing, compliance, contacts, mailings, activity, upkeep)
# What others record about the day. Nothing in it is an act of a customer, so no truth hangs on it.
RECORDED = (cards, ad_spend, referrals, screening, tickets, surveys, rates, app_usage, sales)


def history(spec: WorldSpec) -> World:
    """The world at the end of its history.

    For the last days of history no contact or applicant that exists is touched. A first load sees only the
    latest state of each record and its `updated_at`; this way that is enough to know every contact's opt-in
    on those days, so that the truth about them can be asked of a warehouse.
    """
    world = founded(spec)
    last = spec.last_day.toordinal()
    for number in range(spec.first_day.toordinal(), last + 1):
        _live(world, number, quiet=number > last - QUIET_DAYS)
    return world


def live(world: World, number: int, drop_activity: float = 0.0) -> None:
    """Live the next day (an ordinal) with a share of its customer-initiated events missing."""
    if number != world.last_lived + 1:
        raise ValueError(f"day {number} does not follow {world.last_lived}; live the days in order")
    _live(world, number, quiet=False, drop_activity=drop_activity)


def _live(world: World, number: int, *, quiet: bool, drop_activity: float = 0.0) -> None:
    spec = world.spec
    today = Today(BusinessDay.numbered(number), spec.seed, spec.scale, quiet, drop_activity)
    world.last_lived = number
    for step in (*BOOKED, *RECORDED):
        step.live(world, today)


def digest(world: World) -> str:
    """A fingerprint of everything in the world, to notice when the code would now live it differently."""
    sha = hashlib.sha256()
    for name, table in sorted(vars(world).items()):
        if isinstance(table, Columns):
            for column in table.names:
                sha.update(f"{name}.{column}".encode())
                sha.update(table[column].tobytes())
    return sha.hexdigest()
