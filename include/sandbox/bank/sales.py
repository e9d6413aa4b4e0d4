"""A day of the sales teams, in two systems that do not know of each other: contacts, deals, campaign members.

The branches keep theirs in system a; system b came with a bank that was bought. Both know customers, leads
whom marketing knows too, and people whom nobody else knows and who mostly never become customers. They work
with people, not with `World.new_people`: those would change who comes to the bank.
"""

from dataclasses import dataclass

import numpy as np

from include.sandbox.bank.calendar import DAY, HOUR, MINUTE, SECOND
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.spec import LOST, OPEN_STAGES, PRODUCTS, WON
from include.sandbox.bank.world import World

FIRST_PROSPECT = 8_000_000  # number of the first person whom only a sales team knows
NOBODY = -1
SHARE_ON_FILE_TWICE = 0.02  # of contacts in system a
MEMBERS_OF_A_CAMPAIGN = 0.1  # of the contacts in system a


@dataclass(frozen=True)
class _System:
    """One of the two, and how it differs: whom it knows and how much happens in it."""

    name: str
    contact: Columns
    deal: Columns
    parties: float  # shares of the bank's parties, of marketing's leads, of new leads
    leads: float
    new_leads: float
    prospects: float  # for 2,000 people
    newcomers: float


def live(world: World, today: Today) -> None:
    for system in (
        _System("crm a", world.crm_a_contact, world.crm_a_opportunity, 0.35, 0.20, 0.25, 100, 0.6),
        _System("crm b", world.crm_b_contact, world.crm_b_deal, 0.15, 0.30, 0.50, 150, 0.1),
    ):
        rng = today.rng(system.name)
        if len(system.contact) == 0:
            _found(world, today, rng, system)
        _meet(world, today, rng, system)
        _open_deals(today, rng, system)
        if not today.quiet:
            _welcome_as_customers(world, today, rng, system)
            _correct(today, rng, system)
            _move_deals(today, rng, system)
            _delete(today, rng, system)
    _invite(world, today, today.rng("crm a campaigns"))


def _found(world: World, today: Today, rng: np.random.Generator, system: _System) -> None:
    """Whom a system knew when the history begins, and the deals it had."""
    start = today.day.start
    persons = np.unique(world.party["person"][world.party["born"] < today.number])
    customers = persons[rng.random(len(persons)) < system.parties]
    leads = _leads(world, world.contact["born"] < today.number)
    leads = leads[rng.random(len(leads)) < system.leads]
    prospects = _prospects(world, round(system.prospects * today.scale))
    people = np.concatenate([customers, leads, prospects])
    if system.contact is world.crm_a_contact:
        people = np.concatenate([people, some(rng, people, round(SHARE_ON_FILE_TWICE * len(people)))])
    # Whoever keyed a customer in did not always note the customer's number.
    party = np.where(rng.random(len(people)) < 0.7, _party_of(world, people), NOBODY)
    created = start - rng.integers(DAY, 3 * 365 * DAY, len(people))
    updated = created + (rng.random(len(people)) ** 2 * (start - HOUR - created)).astype(np.int64)
    contacts = _add(system.contact, today.number - 1, people, party, created_at=created, updated_at=updated)
    owners = some(rng, contacts, len(contacts) // 3)
    opened = system.contact["created_at"][owners] + 20 * MINUTE
    deals = _open(system.deal, today.number - 1, rng, owners, np.minimum(opened, start - MINUTE))
    stage = rng.choice(5, len(deals), p=(0.12, 0.08, 0.05, 0.45, 0.30))
    system.deal["stage"][deals] = stage


def _party_of(world: World, people: Array) -> Array:
    """For people the last of their parties, -1 for those who have none."""
    latest = np.full(world.people, NOBODY, np.int64)
    latest[world.party["person"]] = np.arange(len(world.party))
    known = people < world.people
    return np.where(known, latest[np.where(known, people, 0)], NOBODY)


def _leads(world: World, which: Array) -> Array:
    return np.unique(world.contact["person"][which & (world.contact["party"] == NOBODY)])


def _prospects(world: World, count: int) -> Array:
    first = FIRST_PROSPECT + world.crm_prospects
    world.crm_prospects += count
    return np.arange(first, first + count)


def _add(
    contact: Columns, day: int, people: Array, party: Array, *, created_at: Array, updated_at: Array
) -> Array:
    return contact.append(
        len(people),
        person=people,
        party=party,
        created_at=_seconds(created_at),
        updated_at=_seconds(updated_at),
        born=day,
        touched=day,
    )


def _seconds(moments: Array) -> Array:
    """These systems know the second at which something happened."""
    return np.asarray(moments // SECOND * SECOND)


def _meet(world: World, today: Today, rng: np.random.Generator, system: _System) -> None:
    """Today's leads of marketing, as far as this team hears of them, new customers, and its own prospects."""
    known = np.unique(system.contact["person"])
    leads = _leads(world, world.contact["born"] == today.number)
    leads = leads[rng.random(len(leads)) < system.new_leads]
    newcomers = world.party["person"][world.party["born"] == today.number]
    newcomers = newcomers[rng.random(len(newcomers)) < system.newcomers]
    people = np.unique(np.concatenate([leads, newcomers]))
    prospects = _prospects(world, today.level(f"{system.name} prospects", 3, 1))
    people = np.concatenate([people[~np.isin(people, known)], prospects])
    # A branch writes down today's customer in the evening: after the bank has made the party.
    moment = today.day.scatter(rng, len(people), 0.75, 0.98)
    party = np.where(rng.random(len(people)) < 0.7, _party_of(world, people), NOBODY)
    _add(system.contact, today.number, people, party, created_at=moment, updated_at=moment)


def _open_deals(today: Today, rng: np.random.Generator, system: _System) -> None:
    contact = system.contact
    candidates = np.flatnonzero((contact["deleted_on"] == 0) & (contact["born"] < today.number))
    owners = some(rng, candidates, today.level(f"{system.name} deals", 7, 2))
    _open(system.deal, today.number, rng, owners, today.day.scatter(rng, len(owners), 0.35, 0.9))


def _open(deal: Columns, day: int, rng: np.random.Generator, owners: Array, moment: Array) -> Array:
    return deal.append(
        len(owners),
        contact=owners,
        product=rng.integers(0, len(PRODUCTS), len(owners)),
        cents=(rng.lognormal(13.2, 1.0, len(owners)) // 100 * 100).astype(np.int64),
        created_at=_seconds(moment),
        updated_at=_seconds(moment),
        closes_on=day + rng.integers(5, 60, len(owners)),
        born=day,
        touched=day,
    )


def _touch(today: Today, rng: np.random.Generator, table: Columns, rows: Array) -> None:
    table["updated_at"][rows] = _seconds(today.day.scatter(rng, len(rows), 0.3, 0.95))
    table["touched"][rows] = today.number


def _unchanged(table: Columns, today: Today) -> Array:
    return np.asarray((table["touched"] < today.number) & (table["deleted_on"] == 0))


def _welcome_as_customers(world: World, today: Today, rng: np.random.Generator, system: _System) -> None:
    """A lead became a customer yesterday: two in three teams note the number."""
    contact = system.contact
    became = world.party["person"][world.party["born"] == today.number - 1]
    rows = np.flatnonzero(
        _unchanged(contact, today) & (contact["party"] == NOBODY) & np.isin(contact["person"], became)
    )
    rows = rows[rng.random(len(rows)) < 0.67]
    contact["party"][rows] = _party_of(world, contact["person"][rows])
    _touch(today, rng, contact, rows)


def _correct(today: Today, rng: np.random.Generator, system: _System) -> None:
    """New telephone numbers, and records saved again with nothing changed."""
    rows = some(
        rng,
        np.flatnonzero(_unchanged(system.contact, today)),
        today.level(f"{system.name} corrections", 6, 2),
    )
    system.contact["contact_version"][rows[: len(rows) // 2]] += 1
    _touch(today, rng, system.contact, rows)


def _move_deals(today: Today, rng: np.random.Generator, system: _System) -> None:
    """Open deals go on to another stage: the next one mostly, sometimes back, in the end won or lost."""
    deal = system.deal
    is_open = np.flatnonzero(_unchanged(deal, today) & (deal["stage"] < OPEN_STAGES))
    rows = some(rng, is_open, today.level(f"{system.name} stages", 9, 3))
    stage = deal["stage"][rows]
    chance = rng.random(len(rows))
    deal["stage"][rows] = np.select(
        [chance < 0.1, (chance > 0.85) & (stage < OPEN_STAGES - 1), stage == OPEN_STAGES - 1],
        [np.maximum(stage - 1, 0), LOST, np.where(chance < 0.6, WON, LOST)],
        stage + 1,
    )
    _touch(today, rng, deal, rows)


def _delete(today: Today, rng: np.random.Generator, system: _System) -> None:
    for table, count in ((system.contact, 1), (system.deal, 1)):
        gone = some(
            rng, np.flatnonzero(_unchanged(table, today)), today.level(f"{system.name} deleted", count, 1)
        )
        table["deleted_on"][gone] = today.number
        _touch(today, rng, table, gone)


def _invite(world: World, today: Today, rng: np.random.Generator) -> None:
    """Contacts of system a who take part in marketing's campaigns; some respond, some are taken out."""
    contact, member = world.crm_a_contact, world.crm_a_member
    begun = np.flatnonzero(world.campaign["born"] == today.number)
    if len(begun):
        candidates = np.flatnonzero((contact["deleted_on"] == 0) & (contact["born"] < today.number))
        invited = some(rng, candidates, round(MEMBERS_OF_A_CAMPAIGN * len(candidates)))
        moment = _seconds(today.day.scatter(rng, len(invited), 0.4, 0.6))
        member.append(
            len(invited),
            contact=invited,
            campaign=begun[0],
            created_at=moment,
            updated_at=moment,
            born=today.number,
            touched=today.number,
        )
    if today.quiet:
        return
    waiting = np.flatnonzero(_unchanged(member, today) & (member["responded_at"] == 0))
    responding = some(rng, waiting, today.level("crm a responses", 3, 2))
    _touch(today, rng, member, responding)
    member["responded_at"][responding] = member["updated_at"][responding] - 2 * MINUTE
    removed = some(rng, np.flatnonzero(_unchanged(member, today)), today.level("crm a removed", 1, 1))
    member["deleted_on"][removed] = today.number
    _touch(today, rng, member, removed)
