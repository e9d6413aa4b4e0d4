"""Who is active at many instants: clause 3.1 judged once more, walking through time."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from include.sandbox.bank.columns import Array
from include.sandbox.bank.truth.activity import WINDOW, Books, books_of, judged_days
from include.sandbox.bank.world import World

RANDOM_INSTANTS = 1000
NEVER = np.iinfo(np.int64).min // 2


def judged_instants(world: World) -> tuple[Array, Array]:
    """The last instant of every judged day; and instants anywhere in these days, the same for the same world.

    Both in ascending order.
    """
    days = judged_days(world)
    rng = np.random.default_rng([world.spec.seed, world.last_lived])
    anywhere = rng.integers(days[0].start, days[-1].end, RANDOM_INSTANTS)
    return np.array([day.last_instant for day in days]), np.sort(anywhere)


def loaded_books(world: World) -> Books:
    """The books without the opt-ins that no reader ever saw.

    A first load gets of each contact what its record states at the end of the history, and nothing of what it
    stated before.
    """
    loaded_on = world.spec.last_day.toordinal()
    stated = world.opt_in
    linked = world.contact["party"][stated["contact"]]
    known = np.flatnonzero((linked >= 0) & (stated["known"] <= world.last_lived))
    before = known[stated["known"][known] <= loaded_on]
    last = np.full(len(world.contact), -1)
    in_order = before[np.argsort(stated["at"][before], kind="stable")]
    last[stated["contact"][in_order]] = in_order
    kept = known[(stated["known"][known] > loaded_on) | (last[stated["contact"][known]] == known)]
    return replace(
        books_of(world),
        opt_in_party=linked[kept],
        opt_in_at=stated["at"][kept],
        opt_in_state=stated["state"][kept],
    )


def active_through(books: Books, instants: Array) -> Iterator[Array]:
    """By party row, for each of the ascending `instants`: this survivor is an active customer.

    The same as `active_at` for each of them; what one instant knows is carried on to the next. The array is
    the caller's to keep.
    """
    account_root = books.root[books.account_party]
    last_act = _Latest(len(books.root), books.root[books.act_party], books.act_at, books.act_at, NEVER)
    opted_in = _Latest(
        len(books.root), books.root[books.opt_in_party], books.opt_in_at, books.opt_in_state, False
    )
    held = _Latest(len(account_root), books.decision_account, books.decision_at, books.decision_holds, False)
    closed_at = np.where(books.closed_at == 0, np.iinfo(np.int64).max, books.closed_at)
    for instant in instants.tolist():
        active = np.zeros(len(books.root), bool)
        is_open = (books.opened_at <= instant) & (instant < closed_at)
        active[account_root[is_open & books.account_primary]] = True
        active[account_root[held.at(instant)]] = False
        active &= opted_in.at(instant) & (last_act.at(instant) >= instant - WINDOW)
        yield active


class _Latest:
    """For each group what was stated last, at instants that only grow."""

    def __init__(self, groups: int, group: Array, at: Array, state: Array, unstated: int | bool) -> None:
        in_order = np.argsort(at, kind="stable")
        self._group, self._at, self._state = group[in_order], at[in_order], state[in_order]
        self._latest = np.full(groups, unstated, state.dtype)
        self._told = 0

    def at(self, instant: int) -> Array:
        until = int(np.searchsorted(self._at, instant, side="right"))
        new = slice(self._told, until)
        self._latest[self._group[new]] = self._state[new]  # the last assignment stays
        self._told = until
        return self._latest
