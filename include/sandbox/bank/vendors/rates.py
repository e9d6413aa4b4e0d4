"""What the rates desk publishes: one observation a day, with a member for each series."""

import numpy as np

from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.chapters import Chapter
from include.sandbox.bank.rates import SERIES
from include.sandbox.bank.vendors.records import Rows, records
from include.sandbox.bank.world import World


def chapter(world: World, rows: Rows) -> Chapter:
    """Whole days: those of which a rate was posted or corrected."""
    rate = world.posted_rate
    days = np.unique(rate["day"][rows(rate, "touched")])
    chosen = np.flatnonzero(np.isin(rate["day"], days))
    observed: dict[int, dict[str, object]] = {
        day: {"d": BusinessDay.numbered(day).date.isoformat()} for day in days.tolist()
    }
    for day, series, points in zip(
        rate["day"][chosen].tolist(),
        rate["series"][chosen].tolist(),
        rate["basis_points"][chosen].tolist(),
        strict=True,
    ):
        observed[day][SERIES[series]] = {"v": f"{points / 100:.2f}"}
    starts = np.array([BusinessDay.numbered(day).start for day in observed], np.int64)
    ids = [str(document["d"]) for document in observed.values()]
    return Chapter("rates", (records("rates.observation", ids, starts, list(observed.values())),))
