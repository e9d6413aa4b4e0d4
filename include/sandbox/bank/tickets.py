"""A day at the help desk: tickets written, answered, solved, opened again, merged and deleted."""

import numpy as np

from include.sandbox.bank.calendar import MINUTE, SECOND
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.world import World

CHANNELS = ("email", "voice", "web", "mobile_sdk")
CHANNEL_SHARES = (0.45, 0.2, 0.2, 0.15)
STATES = ("new", "open", "pending", "solved", "closed", "deleted")
NEW, OPEN, PENDING, SOLVED, CLOSED, DELETED = range(len(STATES))
EVENTS = ("created", "replied", "solved", "reopened", "merged", "deleted")
CREATED, REPLIED, SOLVING, REOPENED, MERGED, DELETION = range(len(EVENTS))
CLOSED_AFTER_DAYS = 4
SHARE_TWICE = 0.06  # of tickets, written a second time by somebody impatient
SHARE_SPAM = 0.02


def live(world: World, today: Today) -> None:
    rng = today.rng("tickets")
    _work(world, today, rng)
    _reopen_and_close(world, today, rng)
    _write(world, today, rng)
    _generate_again(world, today, rng)


def _work(world: World, today: Today, rng: np.random.Generator) -> None:
    ticket = world.ticket
    waiting = np.flatnonzero(ticket["status"] < SOLVED)
    chance = rng.random(len(waiting))
    moment = today.day.scatter(rng, len(waiting), 0.1, 0.9)
    for kind, status, low, high in (
        (SOLVING, SOLVED, 0.0, 0.45),
        (REPLIED, PENDING, 0.45, 0.75),
        (REPLIED, OPEN, 0.75, 0.85),
        (DELETION, DELETED, 0.85, 0.85 + SHARE_SPAM),
    ):
        chosen = (chance >= low) & (chance < high)
        _record(world, today, rng, waiting[chosen], kind=kind, status=status, moment=moment[chosen])
    ticket["solved_on"][waiting[chance < 0.45]] = today.number


def _reopen_and_close(world: World, today: Today, rng: np.random.Generator) -> None:
    ticket = world.ticket
    solved = np.flatnonzero((ticket["status"] == SOLVED) & (ticket["solved_on"] < today.number))
    back = solved[rng.random(len(solved)) < 0.06]
    moment = today.day.scatter(rng, len(back), 0.1, 0.9)
    _record(world, today, rng, back, kind=REOPENED, status=OPEN, moment=moment)
    # An automation closes what stayed solved. It leaves no event, and updated_at as it was.
    rested = np.setdiff1d(solved[ticket["solved_on"][solved] <= today.number - CLOSED_AFTER_DAYS], back)
    ticket["status"][rested] = CLOSED
    _generated(world, today, rested, today.day.scatter(rng, len(rested), 0.05, 0.2))


def _write(world: World, today: Today, rng: np.random.Generator) -> None:
    known = np.flatnonzero(world.contact["born"] < today.number)
    contact = some(rng, known, today.level("tickets", 10, 4))
    moment = today.day.scatter(rng, len(contact), 0.1, 0.85)
    first = _create(world, today, rng, contact, moment)
    twice = rng.random(len(contact)) < SHARE_TWICE
    later = moment[twice] + rng.integers(5 * MINUTE, 60 * MINUTE, int(twice.sum()))
    second = _create(world, today, rng, contact[twice], later)
    world.ticket["merged_into"][second] = first[twice] + 1
    merged_at = later + rng.integers(MINUTE, 30 * MINUTE, len(second))
    _record(world, today, rng, second, kind=MERGED, status=CLOSED, moment=merged_at)


def _create(world: World, today: Today, rng: np.random.Generator, contact: Array, moment: Array) -> Array:
    rows = world.ticket.append(
        len(contact),
        contact=contact,
        channel=rng.choice(len(CHANNELS), len(contact), p=CHANNEL_SHARES),
        created_at=moment,
        born=today.number,
    )
    _record(world, today, rng, rows, kind=CREATED, status=NEW, moment=moment)
    return rows


def _generate_again(world: World, today: Today, rng: np.random.Generator) -> None:
    """A change of the desk's own settings puts old tickets into the export again, unchanged."""
    old = np.flatnonzero(world.ticket["touched"] < today.number)
    again = some(rng, old, today.level("tickets generated again", 2, 2))
    _generated(world, today, again, today.day.scatter(rng, len(again), 0.05, 0.95))


def _record(
    world: World,
    today: Today,
    rng: np.random.Generator,
    tickets: Array,
    *,
    kind: int,
    status: int,
    moment: Array,
) -> None:
    """Book an event; the ticket is generated for the export some seconds later."""
    moment = np.minimum(moment, today.day.end - 2 * MINUTE)
    world.ticket["status"][tickets] = status
    world.ticket["updated_at"][tickets] = moment
    _generated(world, today, tickets, moment + rng.integers(SECOND, MINUTE, len(tickets)))
    world.ticket_event.append(
        len(tickets), ticket=tickets, kind=kind, status=status, at=moment, born=today.number
    )


def _generated(world: World, today: Today, tickets: Array, moment: Array) -> None:
    world.ticket["generated_at"][tickets] = moment
    world.ticket["touched"][tickets] = today.number
