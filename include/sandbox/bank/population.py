"""The people the bank already has on the morning of its first day of history."""

import zlib

import numpy as np

from include.sandbox.bank import cards
from include.sandbox.bank.calendar import DAY, HOUR, MINUTE, BusinessDay
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import (
    CLEAR_RESULT,
    PENDING,
    REJECTED,
    REJECTED_RESULT,
    VERIFIED,
    WorldSpec,
)
from include.sandbox.bank.world import DORMANT, FREQUENT, OCCASIONAL, World

PRODUCT_SHARES = (0.55, 0.12, 0.23, 0.06, 0.04)
SECOND_PRODUCT_SHARES = (0.10, 0.0, 0.35, 0.40, 0.15)

# Dirt: one person in so many is on file twice, or three times.
ONE_IN_IS_TWICE, ONE_IN_IS_THRICE = 80, 1000
SHARE_SHOWING_PARTY = 0.9  # of applicants with a party, those whose party id the KYC vendor holds


def founded(spec: WorldSpec) -> World:
    """A world at the start of `spec.first_day`: its people, accounts, contacts and applicants."""
    world = World(spec)
    start = BusinessDay.of(spec.first_day).start
    world.last_lived = spec.first_day.toordinal() - 1
    rng = np.random.default_rng([spec.seed, zlib.crc32(b"population")])
    _parties(world, rng, start)
    _accounts(world, rng, start)
    _contacts(world, rng, start)
    _applicants(world, rng, start)
    cards.found(world, start)
    return world


def habits(rng: np.random.Generator, count: int) -> dict[str, Array]:
    """How often new parties act, and whether they are paid into their account.

    Nearly half come often, at very different rates; half come now and then, so that some lapse and return
    every day; one in twenty never acts again.
    """
    rhythm = rng.choice([FREQUENT, OCCASIONAL, DORMANT], count, p=[0.45, 0.50, 0.05]).astype(np.int8)
    rate = np.where(rhythm == FREQUENT, rng.gamma(1.6, 0.9, count) + 0.15, 0.0)
    return {"rhythm": rhythm, "rate": rate, "paid": rng.random(count) < 0.35}


def _parties(world: World, rng: np.random.Generator, start: int) -> None:
    spec = world.spec
    people = world.new_people(spec.first_people)
    # Some are on file twice and a few three times, until somebody notices.
    twice = rng.choice(people, max(4, len(people) // ONE_IN_IS_TWICE), replace=False)
    person = np.concatenate([people, twice, twice[: max(1, len(people) // ONE_IN_IS_THRICE)]])
    created = start - rng.integers(30 * DAY, 8 * 365 * DAY, len(person))
    rows = world.party.append(
        len(person),
        person=person,
        created_at=created,
        updated_at=created + (rng.random(len(person)) ** 3 * (start - created)).astype(np.int64),
        born=world.last_lived,
        touched=world.last_lived,
        **habits(rng, len(person)),
    )
    world.party["root"][rows] = rows


def _accounts(world: World, rng: np.random.Generator, start: int) -> None:
    parties = np.arange(len(world.party))
    holders = parties[rng.random(len(parties)) < 0.97]  # the rest signed up and never opened anything
    owner = np.concatenate([holders, np.repeat(holders, rng.poisson(0.55, len(holders)))])
    extra = len(owner) - len(holders)
    product = np.concatenate(
        [rng.choice(5, len(holders), p=PRODUCT_SHARES), rng.choice(5, extra, p=SECOND_PRODUCT_SHARES)]
    )
    created = world.party["created_at"][owner]
    # The first account is opened with the relationship, a further one at any time since.
    wait = np.where(np.arange(len(owner)) < len(holders), 0.0, rng.random(len(owner)))
    opened = created + (wait * (start - created)).astype(np.int64)
    closed = np.where(
        rng.random(len(owner)) < 0.05,
        opened + (rng.random(len(owner)) * (start - opened)).astype(np.int64),
        0,
    )
    world.account.append(
        len(owner),
        party=owner,
        product=product,
        opened_at=opened,
        closed_at=closed,
        updated_at=np.maximum(opened, closed),
        born=world.last_lived,
        touched=world.last_lived,
    )


def _contacts(world: World, rng: np.random.Generator, start: int) -> None:
    person = world.party["person"]
    parties = np.arange(len(person))
    known_before = parties != np.unique(person, return_index=True)[1][person]
    listed = parties[rng.random(len(parties)) < np.where(known_before, 0.5, 0.97)]
    leads = world.new_people(int(200 * world.spec.scale))
    people = np.concatenate([person[listed], leads])
    opted_in = (rng.random(world.people) < 0.93)[people]  # one person's records agree
    created = np.concatenate(
        [world.party["created_at"][listed] + 5 * MINUTE, start - rng.integers(DAY, 400 * DAY, len(leads))]
    )
    updated = created + (rng.random(len(people)) ** 2 * (start - HOUR - created)).astype(np.int64)
    rows = world.contact.append(
        len(people),
        person=people,
        party=np.concatenate([listed, np.full(len(leads), -1)]),
        created_at=created,
        updated_at=updated,
        operational=opted_in,
        marketing=rng.random(len(people)) < 0.7,
        born=world.last_lived,
        touched=world.last_lived,
    )
    world.remember_opt_in(rows, world.last_lived)


def _applicants(world: World, rng: np.random.Generator, start: int) -> None:
    scale = world.spec.scale
    joined = np.flatnonzero(rng.random(len(world.party)) < 0.9)
    waiting, refused = world.new_people(int(20 * scale) + 2), world.new_people(int(30 * scale))
    no_party = np.full(len(waiting) + len(refused), -1)
    created = np.concatenate(
        [
            world.party["created_at"][joined] - rng.integers(2 * HOUR, 5 * DAY, len(joined)),
            start - rng.integers(HOUR, 3 * DAY, len(waiting)),
            start - rng.integers(10 * DAY, 300 * DAY, len(refused)),
        ]
    )
    state = np.repeat([VERIFIED, PENDING, REJECTED], [len(joined), len(waiting), len(refused)])
    decided = np.where(state == PENDING, 0, created + rng.integers(5 * MINUTE, 2 * HOUR, len(created)))
    rows = world.applicant.append(
        len(created),
        person=np.concatenate([world.party["person"][joined], waiting, refused]),
        party=np.concatenate([joined, no_party]),
        shows_party=np.concatenate([rng.random(len(joined)) < SHARE_SHOWING_PARTY, no_party > 0]),
        state=state,
        created_at=created,
        updated_at=np.maximum(created, decided),
        born=world.last_lived,
        touched=world.last_lived,
    )
    result = np.select([state == VERIFIED, state == REJECTED], [CLEAR_RESULT, REJECTED_RESULT], 0)
    for kind in (0, 1):
        world.check.append(
            len(rows),
            applicant=rows,
            kind=kind,
            result=result,
            created_at=created,
            completed_at=decided,
            updated_at=np.maximum(created, decided),
            born=world.last_lived,
            touched=world.last_lived,
        )
