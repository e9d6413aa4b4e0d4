"""What the SaaS vendors hold about the bank's people: a chapter of the day for each vendor."""

import numpy as np

from include.sandbox.bank.chapters import Chapter
from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.vendors import (
    aml,
    crm_a,
    crm_b,
    kyc,
    marketing,
    mobile_app,
    nps,
    rates,
    support,
)
from include.sandbox.bank.world import World

VENDORS = (kyc, marketing, aml, nps, rates, support, mobile_app, crm_a, crm_b)


def history(world: World) -> list[Chapter]:
    """Every record in its latest state, as the vendors hold it at the end of the last lived day."""
    return _chapters(world, changed_on=None)


def last_day(world: World) -> list[Chapter]:
    """The records that the last lived day made or changed."""
    return _chapters(world, changed_on=world.last_lived)


def _chapters(world: World, changed_on: int | None) -> list[Chapter]:
    def rows(table: Columns, day_column: str) -> Array:
        days = table[day_column]
        return np.flatnonzero(days <= world.last_lived if changed_on is None else days == changed_on)

    return [vendor.chapter(world, rows) for vendor in VENDORS]
