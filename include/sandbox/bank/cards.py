"""A day of cards: issued, lost, blocked; and what is authorised with them and settled later.

An approved authorisation belongs to a purchase that core banking posts: the customer's act is the purchase,
and the card ledger only tells it from another side. What it tells besides, declined and reversed
authorisations, is no act of clause 2.1.
"""

import zlib

import numpy as np

from include.sandbox.bank.calendar import DAY, HOUR, MINUTE, SECOND, BusinessDay
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.remarks import PURCHASES, merchants_of
from include.sandbox.bank.spec import (
    ACTIVE,
    APPROVED,
    BLOCKED,
    CANCELLED,
    CHEQUING,
    CREDIT_CARD,
    DECLINED,
    PURCHASE,
    PURCHASED,
    REFUNDED,
)
from include.sandbox.bank.world import World

# How much of the ledger is dirt, as shares of what it stands beside.
SHARE_DECLINED = 0.04  # further authorisations, declined
SHARE_REVERSED = 0.02  # further authorisations, approved and then taken back
SHARE_SENT_TWICE = 0.004  # the terminal asks again seconds later; the second is reversed too
SHARE_OFFLINE = 0.01  # told a day or two late, out of order: a bus, an aeroplane
SHARE_IN_TWO_PARTS = 0.06  # settled in two parts, as an order is shipped
SHARE_OTHER_SUM = 0.05  # settled for more than authorised: a tip
SHARE_REFUNDED = 0.015
SHARE_SETTLED_TWICE = 0.003  # a batch line posted twice, deleted the next day
PURGED_AFTER_DAYS = 30  # the ledger deletes declined authorisations

HAS_CARD = (*range(CHEQUING), CREDIT_CARD)
LIMITS_CENTS = np.array([100_000, 250_000, 500_000, 1_000_000, 2_500_000])


def found(world: World, start: int) -> None:
    """The cards of the accounts there are before the first day, which begins at `start`."""
    rng = np.random.default_rng([world.spec.seed, zlib.crc32(b"cards founded")])
    account = world.account
    carried = np.flatnonzero(np.isin(account["product"], HAS_CARD))
    issued = np.minimum(account["opened_at"][carried] + rng.integers(HOUR, 9 * DAY, len(carried)), start - 1)
    cards = _issue(world, rng, carried, issued, world.last_lived)
    closed = account["closed_at"][carried]
    ended = cards[closed > 0]
    world.card["status"][ended] = CANCELLED
    world.card["updated_at"][ended] = np.maximum(closed[closed > 0], issued[closed > 0])


def live(world: World, today: Today) -> None:
    rng = today.rng("cards")
    _manage(world, today, rng)
    _authorise(world, today, rng)


def _manage(world: World, today: Today, rng: np.random.Generator) -> None:
    """Issue cards for new accounts, replace lost ones, cancel those of closed accounts, block and unblock."""
    account, number = world.account, today.number
    opened = np.flatnonzero((account["born"] == number) & np.isin(account["product"], HAS_CARD))
    _issue(
        world,
        rng,
        opened,
        account["opened_at"][opened] + rng.integers(MINUTE, 9 * MINUTE, len(opened)),
        number,
    )
    card = world.card
    settled = card["born"] < number
    working = settled & (card["status"] == ACTIVE)

    ended = np.flatnonzero(
        settled & (card["status"] != CANCELLED) & (account["closed_at"][card["account"]] > 0)
    )
    _cancel(card, ended, account["closed_at"][card["account"][ended]] + SECOND, number)

    lost = some(rng, np.setdiff1d(np.flatnonzero(working), ended), today.level("lost cards", 3, 1))
    moment = today.day.scatter(rng, len(lost), 0.1, 0.9)
    _cancel(card, lost, moment, number)
    _issue(world, rng, card["account"][lost], moment + SECOND, number)

    # A block is set by a nightly job that writes the status and forgets `updated_at`.
    card = world.card
    free = np.flatnonzero((card["born"] < number) & (card["status"] == ACTIVE))
    held = np.flatnonzero((card["status"] == BLOCKED) & (card["born"] < number))
    blocked = some(rng, free, today.level("card blocks", 3, 1))
    freed = some(rng, held, today.level("card releases", 3, 1))
    card["status"][blocked], card["status"][freed] = BLOCKED, ACTIVE
    card["switched_on"][np.concatenate([blocked, freed])] = number


def _issue(world: World, rng: np.random.Generator, accounts: Array, issued: Array, day: int) -> Array:
    return world.card.append(
        len(accounts),
        account=accounts,
        party=world.account["party"][accounts],
        limit_cents=np.where(
            world.account["product"][accounts] == CREDIT_CARD, rng.choice(LIMITS_CENTS, len(accounts)), 0
        ),
        status=ACTIVE,
        issued_at=issued,
        updated_at=issued,
        born=day,
        touched=day,
    )


def _cancel(card: Columns, rows: Array, moment: Array, day: int) -> None:
    card["status"][rows] = CANCELLED
    card["updated_at"][rows] = moment
    card["touched"][rows] = day


def _authorise(world: World, today: Today, rng: np.random.Generator) -> None:
    """One for each purchase made today with a card, whenever core banking hears of it; some for nothing."""
    transaction = world.transaction
    is_today = (transaction["posted_at"] >= today.day.start) & (transaction["posted_at"] < today.day.end)
    purchases = np.flatnonzero(is_today & (transaction["kind"] == PURCHASE))
    card_of = _working_cards(world, today)
    cards = card_of[transaction["account"][purchases]]
    has_card = cards >= 0
    purchases, cards = purchases[has_card], cards[has_card]
    asked_at = transaction["posted_at"][purchases] - rng.integers(SECOND, 40 * SECOND, len(purchases))
    known = np.full(len(purchases), today.number)
    is_offline = rng.random(len(purchases)) < SHARE_OFFLINE
    known[is_offline] += rng.integers(1, 3, int(is_offline.sum()))
    approved = world.authorization.append(
        len(purchases),
        card=cards,
        cents=transaction["cents"][purchases],
        merchant=merchants_of(world.spec.seed, purchases),
        outcome=APPROVED,
        asked_at=asked_at,
        born=known,
    )
    _settle(world, rng, approved)
    _ask_in_vain(world, today, rng, cards)


def _working_cards(world: World, today: Today) -> Array:
    """For each account the card it pays with today, -1 where it has none that works."""
    card = world.card
    rows = np.flatnonzero((card["status"] == ACTIVE) & (card["issued_at"] < today.day.start))
    card_of = np.full(len(world.account), -1, np.int64)
    card_of[card["account"][rows]] = rows  # the latest issued one stays
    return card_of


def _ask_in_vain(world: World, today: Today, rng: np.random.Generator, cards: Array) -> None:
    """Authorisations without a purchase: declined ones, and approved ones that are taken back."""
    declined = some(rng, cards, round(SHARE_DECLINED * len(cards)))
    world.authorization.append(
        len(declined),
        card=declined,
        cents=np.maximum(100, (9_000 * rng.lognormal(0.0, 1.1, len(declined))).astype(np.int64)),
        merchant=rng.integers(0, len(PURCHASES), len(declined)),
        outcome=DECLINED,
        asked_at=today.day.at(rng.beta(3.0, 2.2, len(declined))),
        born=today.number,
        deleted_on=today.number + PURGED_AFTER_DAYS,
    )
    reversed_ = some(rng, cards, round(SHARE_REVERSED * len(cards)))
    asked_at = today.day.at(0.9 * rng.beta(3.0, 2.2, len(reversed_)))
    _append_reversed(
        world,
        rng,
        today,
        cards=reversed_,
        asked_at=asked_at,
        cents=np.maximum(100, (6_000 * rng.lognormal(0.0, 1.0, len(reversed_))).astype(np.int64)),
        merchant=rng.integers(0, len(PURCHASES), len(reversed_)),
    )
    authorization = world.authorization
    taken = (authorization["outcome"] == APPROVED) & (authorization["reversed_on"] == 0)
    first = some(
        rng,
        np.flatnonzero(taken & (authorization["born"] == today.number)),
        round(SHARE_SENT_TWICE * len(cards)),
    )
    _append_reversed(
        world,
        rng,
        today,
        cards=authorization["card"][first],
        asked_at=np.minimum(
            authorization["asked_at"][first] + rng.integers(SECOND, 9 * SECOND, len(first)),
            today.day.last_instant,
        ),
        cents=authorization["cents"][first],
        merchant=authorization["merchant"][first],
    )


def _append_reversed(
    world: World,
    rng: np.random.Generator,
    today: Today,
    *,
    cards: Array,
    asked_at: Array,
    cents: Array,
    merchant: Array,
) -> None:
    """Half are taken back within minutes, half the next morning."""
    at_once = rng.random(len(cards)) < 0.5
    back_at = np.where(
        at_once,
        np.minimum(asked_at + rng.integers(MINUTE, 20 * MINUTE, len(cards)), today.day.last_instant),
        today.day.end + rng.integers(HOUR, 8 * HOUR, len(cards)),
    )
    world.authorization.append(
        len(cards),
        card=cards,
        cents=cents,
        merchant=merchant,
        outcome=APPROVED,
        asked_at=asked_at,
        reversed_at=back_at,
        reversed_on=np.where(at_once, today.number, today.number + 1),
        born=today.number,
    )


def _settle(world: World, rng: np.random.Generator, approved: Array) -> None:
    """Plan what the merchants will send: one to three days later, in one part or two; a few give it back."""
    cents = world.authorization["cents"][approved]
    known = world.authorization["born"][approved]
    tip = np.where(rng.random(len(approved)) < SHARE_OTHER_SUM, rng.uniform(1.05, 1.25, len(approved)), 1.0)
    total = np.maximum(1, (cents * tip).astype(np.int64))
    in_two = (rng.random(len(approved)) < SHARE_IN_TWO_PARTS) & (total >= 2)
    part = np.where(
        in_two, np.maximum(1, (total * rng.uniform(0.2, 0.8, len(approved))).astype(np.int64)), total
    )
    first_on = known + rng.integers(1, 4, len(approved))
    _plan(world, rng, approved, kind=PURCHASED, cents=part, day=first_on)
    second_on = first_on[in_two] + rng.integers(1, 4, int(in_two.sum()))
    _plan(world, rng, approved[in_two], kind=PURCHASED, cents=(total - part)[in_two], day=second_on)

    refunded = rng.random(len(approved)) < SHARE_REFUNDED
    back_on = first_on[refunded] + rng.integers(3, 11, int(refunded.sum()))
    _plan(world, rng, approved[refunded], kind=REFUNDED, cents=total[refunded], day=back_on)

    twice = rng.random(len(approved)) < SHARE_SETTLED_TWICE
    again = _plan(world, rng, approved[twice], kind=PURCHASED, cents=part[twice], day=first_on[twice])
    world.settlement["deleted_on"][again] = first_on[twice] + 1


def _plan(
    world: World, rng: np.random.Generator, authorizations: Array, *, kind: int, cents: Array, day: Array
) -> Array:
    opening = {int(number): BusinessDay.numbered(int(number)).start for number in np.unique(day)}
    night = np.array([opening[number] for number in day.tolist()], np.int64)
    return world.settlement.append(
        len(authorizations),
        authorization=authorizations,
        kind=kind,
        cents=cents,
        settled_at=night + rng.integers(HOUR, 5 * HOUR, len(authorizations)),
        born=day,
    )
