"""Who is active, by clause 3.1 of the metric contract."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from include.sandbox.bank.calendar import HOUR, BusinessDay
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import CLEARED, PRIMARY_PRODUCTS
from include.sandbox.bank.world import World

WINDOW = 720 * HOUR
HISTORY_DAYS_JUDGED = 7


@dataclass(frozen=True)
class Books:
    """What decides activity, as arrays. Parties are row numbers; `root` maps each to its survivor.

    `opened_at` and `closed_at` (0 = open) belong to accounts; acts are customer-initiated events; opt-ins are
    the operational states stated by the contacts' records; decisions are compliance's, by account.
    """

    root: Array
    account_party: Array
    account_primary: Array
    opened_at: Array
    closed_at: Array
    act_party: Array
    act_at: Array
    opt_in_party: Array
    opt_in_at: Array
    opt_in_state: Array
    decision_account: Array
    decision_at: Array
    decision_holds: Array  # True for freeze and review, False for clear


def books_of(world: World) -> Books:
    """The books as known at the end of the last lived day: late arrivals count where they belong."""
    account, contact = world.account, world.contact
    act = np.flatnonzero(world.customer_act["known"] <= world.last_lived)
    linked = world.opt_in["contact"]
    opt_in = np.flatnonzero((contact["party"][linked] >= 0) & (world.opt_in["known"] <= world.last_lived))
    review = np.flatnonzero(world.review["known"] <= world.last_lived)
    return Books(
        root=world.party["root"],
        account_party=account["party"],
        account_primary=account["product"] < PRIMARY_PRODUCTS,
        opened_at=account["opened_at"],
        closed_at=account["closed_at"],
        act_party=world.customer_act["party"][act],
        act_at=world.customer_act["at"][act],
        opt_in_party=contact["party"][linked[opt_in]],
        opt_in_at=world.opt_in["at"][opt_in],
        opt_in_state=world.opt_in["state"][opt_in],
        decision_account=world.review["account"][review],
        decision_at=world.review["reviewed_at"][review],
        decision_holds=world.review["decision"][review] != CLEARED,
    )


def eligible_at(books: Books, moment: int) -> Array:
    """By party row: a survivor with an open primary product, opted in, and not held by compliance."""
    parties = len(books.root)
    account_root = books.root[books.account_party]

    is_open = (books.opened_at <= moment) & ((books.closed_at == 0) | (books.closed_at > moment))
    holds_primary = np.zeros(parties, bool)
    holds_primary[account_root[is_open & books.account_primary]] = True

    opted_in = _latest_state(
        parties, books.root[books.opt_in_party], books.opt_in_at, books.opt_in_state, moment
    )
    held_account = _latest_state(
        len(account_root), books.decision_account, books.decision_at, books.decision_holds, moment
    )
    held = np.zeros(parties, bool)
    held[account_root[held_account]] = True
    return np.asarray(holds_primary & opted_in & ~held)


def acted_by(books: Books, moment: int) -> Array:
    """By party row: the survivor acted in the 720 hours up to `moment`, both ends included."""
    inside = (books.act_at <= moment) & (books.act_at >= moment - WINDOW)
    acted = np.zeros(len(books.root), bool)
    acted[books.root[books.act_party[inside]]] = True
    return acted


def active_at(books: Books, moment: int) -> Array:
    """By party row: this survivor is an active customer at `moment`."""
    return np.asarray(eligible_at(books, moment) & acted_by(books, moment))


def _latest_state(groups: int, group: Array, at: Array, state: Array, moment: int) -> Array:
    """For each group the state with the greatest `at` not after `moment`; False where there is none."""
    stated = np.flatnonzero(at <= moment)
    in_order = stated[np.argsort(at[stated], kind="stable")]
    latest = np.zeros(groups, bool)
    latest[group[in_order]] = state[in_order]  # the last assignment stays
    return latest


def party_ids(rows: Array) -> list[str]:
    return [f"P{row + 1:07d}" for row in rows.tolist()]


def judged_days(world: World) -> list[BusinessDay]:
    """The last days of history, of which a first load can know everything, and every day lived since."""
    first = world.spec.last_day.toordinal() - HISTORY_DAYS_JUDGED + 1
    return [BusinessDay.numbered(number) for number in range(first, world.last_lived + 1)]


def truth(world: World) -> dict[str, dict[str, Any]]:
    """{day: facts} for each judged day.

    `active` and `active_party_ids` (survivors) at the day's last microsecond; `customers` is the number of
    survivors who have ever opened an account by then; `new_customers` first did so on that day;
    `customer_initiated_events` (clause 2.1) happened on that day.
    """
    books = books_of(world)
    first_opened = np.full(len(books.root), np.iinfo(np.int64).max)
    np.minimum.at(first_opened, books.root[books.account_party], books.opened_at)
    facts: dict[str, dict[str, Any]] = {}
    for day in judged_days(world):
        active = np.flatnonzero(active_at(books, day.last_instant))
        facts[day.date.isoformat()] = {
            "active": len(active),
            "active_party_ids": party_ids(active),
            "customers": int((first_opened < day.end).sum()),
            "new_customers": int(((first_opened >= day.start) & (first_opened < day.end)).sum()),
            "customer_initiated_events": int(((books.act_at >= day.start) & (books.act_at < day.end)).sum()),
        }
    return facts
