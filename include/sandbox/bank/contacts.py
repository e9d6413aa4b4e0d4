"""A day in the marketing lists: leads, new customers' contacts, opt-ins and opt-outs, changed addresses."""

import numpy as np

from include.sandbox.bank.calendar import MINUTE
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.world import World


def live(world: World, today: Today) -> None:
    """Each contact's record changes at most once a day: a daily reader sees every state."""
    rng = today.rng("contacts")
    _greet_new_customers(world, today, rng)
    _add_leads(world, today, rng)
    if not today.quiet:
        _flip_operational(world, today, rng)
        _touch(world, today, rng)


def can_change(world: World, today: Today) -> Array:
    """Contacts of settled customers that have not changed today.

    People on file twice are left alone: with two records that differ, 'the latest state' would hang on
    which of two lists a reader believes.
    """
    contact = world.contact
    once = np.zeros(len(world.party), bool)
    once[world.people_with_one_party()] = True
    party = contact["party"]
    settled = (party >= 0) & once[party] & (world.party["born"][party] < today.number)
    return np.flatnonzero(settled & (contact["touched"] < today.number))


def change(world: World, today: Today, contacts: Array, moment: Array) -> None:
    """Stamp these contacts' records and book the opt-in state that they now state."""
    world.contact["updated_at"][contacts] = moment
    world.contact["touched"][contacts] = today.number
    world.remember_opt_in(contacts, today.number)


def _greet_new_customers(world: World, today: Today, rng: np.random.Generator) -> None:
    new = np.flatnonzero(world.party["born"] == today.number)
    moment = world.party["created_at"][new] + rng.integers(3 * MINUTE, 30 * MINUTE, len(new))
    person = world.party["person"][new]
    lead_of = np.full(world.people, -1, np.int64)
    leads = np.flatnonzero(world.contact["party"] < 0)
    lead_of[world.contact["person"][leads]] = leads

    lead = lead_of[person]
    was_lead = lead >= 0
    world.contact["party"][lead[was_lead]] = new[was_lead]
    change(world, today, lead[was_lead], moment[was_lead])

    second = np.bincount(world.party["person"], minlength=world.people)[person] > 1
    listed = ~was_lead & (rng.random(len(new)) < np.where(second, 0.5, 0.97))
    _add(world, today, rng, person=person[listed], party=new[listed], moment=moment[listed])


def _add_leads(world: World, today: Today, rng: np.random.Generator) -> None:
    leads = world.new_people(today.level("leads", 4, 2))
    moment = today.day.scatter(rng, len(leads), 0.2, 0.98)
    _add(world, today, rng, person=leads, party=np.full(len(leads), -1), moment=moment)


def _add(
    world: World,
    today: Today,
    rng: np.random.Generator,
    *,
    person: Array,
    party: Array,
    moment: Array,
) -> None:
    """New contacts; one of a person known already states the same opt-in."""
    operational = rng.random(len(person)) < 0.95
    known = world.contact["person"]
    stated_before = np.zeros(world.people, bool)
    stated_before[known] = True
    state = np.zeros(world.people, bool)
    state[known] = world.contact["operational"]
    rows = world.contact.append(
        len(person),
        person=person,
        party=party,
        created_at=moment,
        updated_at=moment,
        operational=np.where(stated_before[person], state[person], operational),
        marketing=rng.random(len(person)) < 0.7,
        born=today.number,
        touched=today.number,
    )
    world.remember_opt_in(rows, today.number)


def _flip_operational(world: World, today: Today, rng: np.random.Generator) -> None:
    candidates = can_change(world, today)
    opted_in = world.contact["operational"][candidates]
    leaving = some(rng, candidates[opted_in], today.level("opt outs", 3, 1))
    returning = some(rng, candidates[~opted_in], today.level("opt ins", 3, 1))
    flipped = np.concatenate([leaving, returning])
    world.contact["operational"][flipped] ^= True
    change(world, today, flipped, today.day.scatter(rng, len(flipped), 0.3, 0.95))


def _touch(world: World, today: Today, rng: np.random.Generator) -> None:
    """Changed addresses, and records sent again with a new `updated_at` and nothing else."""
    candidates = can_change(world, today)
    moved = some(rng, candidates, today.level("addresses", 3, 1))
    resent = some(rng, np.setdiff1d(candidates, moved), today.level("resent contacts", 3, 1))
    world.contact["email_version"][moved] += 1
    touched = np.concatenate([moved, resent])
    change(world, today, touched, today.day.scatter(rng, len(touched), 0.1, 0.95))
