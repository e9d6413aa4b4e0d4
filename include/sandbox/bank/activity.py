"""A day of transactions: what customers do, what is done to their accounts, what arrives late."""

import numpy as np

from include.sandbox.bank.calendar import DAY, HOUR, MINUTE, BusinessDay
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import (
    CHEQUING,
    DEPOSIT,
    FEE,
    FREEZE,
    GIC,
    INITIATED_KINDS,
    INTEREST,
    PAYROLL,
    SAVINGS,
)
from include.sandbox.bank.truth import acted_by, books_of, eligible_at
from include.sandbox.bank.world import OCCASIONAL, World

ACTS_A_DAY = 1600  # 0.8 per person, for 2,000 people
SWING_OF_ACTS = 0.043  # a uniform swing of +-4.3 % has a standard deviation of 2.5 %
SWING_OF_ACTIVE = 7
SHARE_LATE = 0.005  # of customers' transactions: posted one to three days after they happened
SHARE_WAIVED = 0.2  # of fees: deleted while still pending
KIND_SHARES = (0.55, 0.15, 0.12, 0.08, 0.10)
TYPICAL_CENTS = np.array([4_200, 13_000, 25_000, 8_000, 40_000, 240_000, 900, 495])
WARM_UP_DAYS = 31
WINDOW_DAYS = 30
PAY_PERIOD_DAYS = 14


def live(world: World, today: Today) -> None:
    """Post the day's transactions so that its customer-initiated events come to today's total."""
    rng = today.rng("activity")
    usable = UsableAccounts(world, today)
    _post_opening_deposits(world, today, rng)
    total = today.scale * ACTS_A_DAY * (1 + SWING_OF_ACTS * today.swing("acts")) * (1 - today.drop_activity)
    acts = world.customer_act
    done = int(((acts["at"] >= today.day.start) & (acts["known"] <= today.number)).sum())
    left = max(0, round(total) - done)

    regulars = _draw_regulars(world, rng, usable, left)
    visitors, unheard = _choose_visitors(world, today, rng, usable, regulars)
    regulars = regulars[: max(0, left - len(visitors))]

    parties = np.concatenate([visitors, regulars, unheard])
    moment = today.day.at(rng.beta(3.0, 2.2, len(parties)))  # busiest in the afternoon
    _place_on_the_boundary(world, today, visitors, moment)
    known = np.full(len(parties), today.number)
    is_late = rng.random(len(parties)) < SHARE_LATE
    is_late[: len(visitors)] = False
    is_late[len(visitors) + len(regulars) :] = True
    known[is_late] += rng.integers(1, 4, int(is_late.sum()))
    kind = rng.choice(INITIATED_KINDS, len(parties), p=KIND_SHARES)
    _post(world, rng, usable.one_of(rng, parties), kind=kind, moment=moment, known=known)
    world.customer_act.append(len(parties), party=parties, at=moment, known=known)
    _act_on_accounts(world, today, rng)


class UsableAccounts:
    """The accounts that money can move on today, by party."""

    def __init__(self, world: World, today: Today) -> None:
        account = world.account
        rows = np.flatnonzero(
            (account["closed_at"] == 0)
            & (account["product"] != GIC)
            & (account["decision"] != FREEZE)
            & (account["born"] < today.number)
        )
        owner = account["party"][rows]
        self._rows = rows[np.argsort(owner, kind="stable")]
        self.count = np.bincount(owner, minlength=len(world.party))
        self._first = np.cumsum(self.count) - self.count

    def one_of(self, rng: np.random.Generator, parties: Array) -> Array:
        """A random account for each party; each must have one."""
        offset = np.floor(rng.random(len(parties)) * self.count[parties]).astype(np.int64)
        return np.asarray(self._rows[self._first[parties] + offset])


def _draw_regulars(world: World, rng: np.random.Generator, usable: UsableAccounts, count: int) -> Array:
    weight = np.where(usable.count > 0, world.party["rate"], 0.0)
    return rng.choice(len(weight), count, p=weight / weight.sum())


def _choose_visitors(
    world: World, today: Today, rng: np.random.Generator, usable: UsableAccounts, regulars: Array
) -> tuple[Array, Array]:
    """Occasional customers who come today, and one whose visit the bank hears of days later.

    As many lapsed ones return as bring the number of active customers to today's level: lapses, closings,
    freezes and opt-outs push it about, and without this it would wander off and look like an anomaly.
    """
    books = books_of(world)
    eligible = eligible_at(books, today.day.last_instant)
    acted = acted_by(books, today.day.last_instant)
    acted[books.root[regulars]] = True
    active = int((eligible & acted).sum())
    typical = today.level("returns", 20, 0)
    if today.number < world.spec.first_day.toordinal() + WARM_UP_DAYS:
        returns = typical
    else:
        world.base_active = world.base_active or active + typical
        target = world.base_active + today.scale * SWING_OF_ACTIVE * today.swing("active")
        returns = max(0, round(target) - active)

    occasional = (
        eligible
        & (usable.count > 0)
        & (world.party["rhythm"] == OCCASIONAL)
        & (world.party["kept_until"] < today.number)
    )
    returning = some(rng, np.flatnonzero(occasional & ~acted), returns + 1)
    staying = _from_crowded_days(world, today, rng, np.flatnonzero(occasional & acted))
    unheard = returning[returns:] if today.number % 3 == 0 else returning[:0]
    return np.concatenate([returning[:returns], staying]), unheard


def _from_crowded_days(world: World, today: Today, rng: np.random.Generator, candidates: Array) -> Array:
    """A few who have not lapsed come again, rather those whose last visit fell on a day with many.

    Who came together would lapse together: this spreads lapses over the days.
    """
    act = world.customer_act
    last_act = np.zeros(len(world.party), np.int64)
    np.maximum.at(last_act, act["party"], act["at"])
    days_ago = np.maximum(0, (today.day.end - last_act[candidates]) // DAY)
    crowd = np.bincount(days_ago)[days_ago].astype(np.float64) ** 3
    count = min(today.level("stays", 6, 0), len(candidates))
    return rng.choice(candidates, count, replace=False, p=crowd / crowd.sum()) if count else candidates[:0]


def _place_on_the_boundary(world: World, today: Today, visitors: Array, moment: Array) -> None:
    """Four visits end the day: 30 days on, two customers are active to the microsecond, two just not."""
    edge = visitors[:4]
    moment[: len(edge)] = today.day.last_instant - np.arange(len(edge)) % 2
    world.party["kept_until"][edge] = today.number + WINDOW_DAYS


def _post_opening_deposits(world: World, today: Today, rng: np.random.Generator) -> None:
    account = world.account
    opened = np.flatnonzero((account["born"] == today.number) & (account["product"] <= SAVINGS))
    paid_in = opened[rng.random(len(opened)) < 0.7]
    moment = account["opened_at"][paid_in] + rng.integers(MINUTE, 20 * MINUTE, len(paid_in))
    known = np.full(len(paid_in), today.number)
    _post(world, rng, paid_in, kind=np.full(len(paid_in), DEPOSIT), moment=moment, known=known)
    world.customer_act.append(len(paid_in), party=account["party"][paid_in], at=moment, known=today.number)


def _act_on_accounts(world: World, today: Today, rng: np.random.Generator) -> None:
    """Payroll, interest and fees. None of it is the customer's doing (clause 2.1)."""
    account = world.account
    is_open = account["closed_at"] == 0
    owner = account["party"]
    pay_day = world.party["paid"][owner] & ((owner + today.number) % PAY_PERIOD_DAYS == 0)
    paid = np.flatnonzero(is_open & (account["product"] < CHEQUING) & pay_day)
    savings = np.flatnonzero(is_open & (account["product"] == SAVINGS) & (today.day.date.day == 1))
    charged = np.flatnonzero(is_open & (rng.random(len(account)) < 0.02))
    rows = np.concatenate([paid, savings, charged])
    kind = np.repeat([PAYROLL, INTEREST, FEE], [len(paid), len(savings), len(charged)])
    moment = np.maximum(today.day.scatter(rng, len(rows), 0.05, 0.95), account["opened_at"][rows] + MINUTE)
    known = np.full(len(rows), today.number)
    posted = _post(world, rng, rows, kind=kind, moment=moment, known=known)
    _waive_some_fees(world, today, rng, posted[kind == FEE])


def _waive_some_fees(world: World, today: Today, rng: np.random.Generator, fees: Array) -> None:
    """A waived fee is still pending and then gone, some within the day. No truth hangs on a fee."""
    waived = fees[rng.random(len(fees)) < SHARE_WAIVED]
    world.transaction["settles_on"][waived] = 0
    world.transaction["settles_at"][waived] = 0
    world.transaction["deleted_on"][waived] = today.number + rng.integers(0, 2, len(waived))


def _post(
    world: World, rng: np.random.Generator, accounts: Array, *, kind: Array, moment: Array, known: Array
) -> Array:
    """Book transactions. A customer's settles a day or two after it is known, the others at once."""
    count = len(accounts)
    settles_on = known + np.where(kind < INITIATED_KINDS, rng.integers(1, 3, count), 0)
    opening = {int(day): BusinessDay.numbered(int(day)).start for day in np.unique(settles_on)}
    overnight = np.array([opening[day] for day in settles_on.tolist()], np.int64)
    overnight += rng.integers(2 * HOUR, 5 * HOUR, count)
    return world.transaction.append(
        count,
        account=accounts,
        kind=kind,
        cents=np.maximum(1, (TYPICAL_CENTS[kind] * rng.lognormal(0.0, 0.9, count)).astype(np.int64)),
        posted_at=moment,
        settles_at=np.where(kind < INITIATED_KINDS, overnight, moment),
        born=known,
        settles_on=settles_on,
    )
