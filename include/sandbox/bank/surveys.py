"""A day of survey answers: who was asked after a payment or a solved ticket, and what they said."""

import numpy as np

from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.tickets import SOLVING
from include.sandbox.bank.world import World

CAUSES = ("transaction", "ticket")
AFTER_TRANSACTION, AFTER_TICKET = 0, 1
SCORE_SHARES = (0.03, 0.01, 0.02, 0.02, 0.03, 0.06, 0.07, 0.13, 0.2, 0.18, 0.25)
COMMENTS = (
    "Great app 👍",
    "Rien à redire, merci!",
    "Why do I have to call?? 😡",
    "Waited 40 min on the phone…",
    "ok",
    "Frais trop élevés 💸",
    'They said "tomorrow", that was last week',
    "👩‍👩‍👧 easy to open an account for my daughter",
    "客服很好",
    "n/a",
    "Love the new look\nbut the font is tiny",
    "null",
)
SHARE_SILENT = 0.45  # leave a score and no comment
SHARE_ANONYMOUS = 0.12  # answer a link that does not say who they are
ANONYMOUS = -1


def live(world: World, today: Today) -> None:
    rng = today.rng("surveys")
    _edit(world, today, rng)
    contact_of = world.contact_of_party()
    helped = some(rng, _after_tickets(world, today), today.level("ticket answers", 2, 1))
    _answer(world, today, rng, helped, AFTER_TICKET)
    paid = np.unique(world.account["party"][_paid_yesterday(world, today)])
    paying = contact_of[paid]
    asked = some(rng, paying[paying >= 0], today.level("payment answers", 10, 4))
    _answer(world, today, rng, asked, AFTER_TRANSACTION)


def _after_tickets(world: World, today: Today) -> Array:
    event = world.ticket_event
    solved = event["ticket"][(event["born"] == today.number - 1) & (event["kind"] == SOLVING)]
    return np.unique(world.ticket["contact"][solved])


def _paid_yesterday(world: World, today: Today) -> Array:
    transaction = world.transaction
    return np.asarray(transaction["account"][transaction["born"] == today.number - 1])


def _answer(world: World, today: Today, rng: np.random.Generator, contact: Array, cause: int) -> None:
    contact = np.where(rng.random(len(contact)) < SHARE_ANONYMOUS, ANONYMOUS, contact)
    moment = today.day.scatter(rng, len(contact), 0.2, 0.95)
    world.survey_response.append(
        len(contact),
        contact=contact,
        cause=cause,
        score=rng.choice(11, len(contact), p=SCORE_SHARES),
        comment=_comments(rng, len(contact)),
        created_at=moment,
        updated_at=moment,
        born=today.number,
        touched=today.number,
    )


def _edit(world: World, today: Today, rng: np.random.Generator) -> None:
    """Somebody thinks again within the week: another score, a comment where there was none."""
    response = world.survey_response
    recent = np.flatnonzero(response["born"] >= today.number - 5)
    edited = some(rng, recent, today.level("edited answers", 2, 1))
    response["score"][edited] = np.clip(response["score"][edited] + rng.integers(-3, 4, len(edited)), 0, 10)
    silent = response["comment"][edited] == 0
    response["comment"][edited[silent]] = rng.integers(1, len(COMMENTS) + 1, int(silent.sum()))
    moment = today.day.scatter(rng, len(edited), 0.1, 0.95)
    response["updated_at"][edited] = moment
    response["touched"][edited] = today.number


def _comments(rng: np.random.Generator, count: int) -> Array:
    """One more than the comment's place in COMMENTS; 0 for none."""
    said = rng.integers(1, len(COMMENTS) + 1, count)
    return np.where(rng.random(count) < SHARE_SILENT, 0, said)
