"""A day of becoming a customer: applications, identity checks, hand-offs to core banking, first accounts."""

import numpy as np

from include.sandbox.bank.calendar import HOUR, MINUTE, SECOND
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.population import PRODUCT_SHARES, SHARE_SHOWING_PARTY, habits
from include.sandbox.bank.spec import (
    CLEAR_RESULT,
    CONSIDER_RESULT,
    PENDING,
    REJECTED,
    REJECTED_RESULT,
    VERIFIED,
)
from include.sandbox.bank.world import World

SHARE_OF_LEADS = 0.2  # applicants whom marketing knew before
SHARE_OF_DUPLICATES = 0.08  # applicants who are customers already and do not say so


def live(world: World, today: Today) -> None:
    """Decide waiting applications, hand the verified over to core banking, take in new applications."""
    rng = today.rng("onboarding")
    verified = _decide(world, today, rng)
    _hand_over(world, today, rng, verified)
    _apply(world, today, rng)
    if not today.quiet:
        _resend(world, today, rng)


def _decide(world: World, today: Today, rng: np.random.Generator) -> Array:
    """Complete the checks of the longest waiting applicants. Returns the verified ones."""
    waiting = np.flatnonzero(world.applicant["state"] == PENDING)
    accepted = waiting[: today.level("applications", 6, 3)]
    refused = waiting[len(accepted) : len(accepted) + today.level("refused", 1, 0)]
    decided = np.concatenate([accepted, refused])
    is_accepted = np.arange(len(decided)) < len(accepted)
    moment = today.day.scatter(rng, len(decided), 0.2, 0.6)

    world.applicant["state"][decided] = np.where(is_accepted, VERIFIED, REJECTED)
    world.applicant["updated_at"][decided] = moment
    world.applicant["touched"][decided] = today.number

    moment_of = np.zeros(len(world.applicant), np.int64)
    moment_of[decided] = moment
    result_of = np.zeros((2, len(world.applicant)), np.int8)
    result_of[:, accepted] = CLEAR_RESULT
    result_of[0, refused], result_of[1, refused] = REJECTED_RESULT, CONSIDER_RESULT
    check = world.check
    completed = np.flatnonzero(moment_of[check["applicant"]] > 0)
    applicant = check["applicant"][completed]
    check["result"][completed] = result_of[check["kind"][completed], applicant]
    check["completed_at"][completed] = check["updated_at"][completed] = moment_of[applicant]
    check["touched"][completed] = today.number
    return accepted


def _hand_over(world: World, today: Today, rng: np.random.Generator, verified: Array) -> None:
    """Make parties of all verified today but one, and of one who was left waiting before."""
    handoff = world.handoff
    left_waiting = np.flatnonzero((handoff["handed_off_at"] == 0) & (handoff["born"] < today.number))
    at_once = len(verified) - (len(verified) > 1)
    new = handoff.append(
        len(verified),
        applicant=verified,
        verified_at=world.applicant["updated_at"][verified],
        updated_at=world.applicant["updated_at"][verified],
        born=today.number,
        touched=today.number,
    )
    chosen = np.concatenate([new[:at_once], left_waiting[:1] if len(left_waiting) > 2 else left_waiting[:0]])
    since = np.maximum(handoff["verified_at"][chosen], today.day.start + 6 * HOUR)
    moment = since + rng.integers(5 * MINUTE, 90 * MINUTE, len(chosen))
    handoff["handed_off_at"][chosen] = handoff["updated_at"][chosen] = moment
    handoff["touched"][chosen] = today.number

    applicants = handoff["applicant"][chosen]
    parties = _open_relationship(world, today, rng, applicants, moment)
    world.applicant["party"][applicants] = parties
    # Some keep no party id at the vendor: only the SIN tells who they are.
    shown = rng.random(len(parties)) < SHARE_SHOWING_PARTY
    world.applicant["shows_party"][applicants] = shown
    told = applicants[shown]
    world.applicant["updated_at"][told] = moment[shown] + SECOND
    world.applicant["touched"][told] = today.number


def _open_relationship(
    world: World, today: Today, rng: np.random.Generator, applicants: Array, moment: Array
) -> Array:
    count = len(applicants)
    stamps = {"born": today.number, "touched": today.number}
    person = world.applicant["person"][applicants]
    parties = world.party.append(
        count, person=person, created_at=moment, updated_at=moment, **stamps, **habits(rng, count)
    )
    world.party["root"][parties] = parties
    world.account.append(
        count,
        party=parties,
        product=rng.choice(5, count, p=PRODUCT_SHARES),
        opened_at=moment,
        updated_at=moment,
        **stamps,
    )
    world.customer_act.append(count, party=parties, at=moment, known=today.number)
    return parties


def _apply(world: World, today: Today, rng: np.random.Generator) -> None:
    count = today.level("applications", 7, 3)
    kind = rng.choice(
        3, count, p=[SHARE_OF_LEADS, SHARE_OF_DUPLICATES, 1 - SHARE_OF_LEADS - SHARE_OF_DUPLICATES]
    )
    person = world.new_people(count)
    applied = world.applicant["person"]
    leads = np.setdiff1d(world.contact["person"][world.contact["party"] < 0], applied)
    person = _replaced(rng, person, kind == 0, leads)
    # Whoever turns out to be on file twice keeps the opt-in they have: see marketing.
    settled = world.party["person"][world.people_with_one_party()]
    person = _replaced(rng, person, kind == 1, settled)

    created = today.day.scatter(rng, count, 0.3, 0.98)
    stamps = {"born": today.number, "touched": today.number}
    rows = world.applicant.append(
        count, person=person, party=-1, state=PENDING, created_at=created, updated_at=created, **stamps
    )
    for check_kind in (0, 1):
        world.check.append(
            count, applicant=rows, kind=check_kind, created_at=created, updated_at=created, **stamps
        )


def _replaced(rng: np.random.Generator, person: Array, where: Array, known: Array) -> Array:
    taken = some(rng, known, int(where.sum()))
    chosen = person.copy()
    chosen[np.flatnonzero(where)[: len(taken)]] = taken
    return chosen


def _resend(world: World, today: Today, rng: np.random.Generator) -> None:
    """The vendor sends an old applicant again: a new `updated_at` and nothing else."""
    untouched = np.flatnonzero(
        (world.applicant["touched"] < today.number) & (world.applicant["state"] != PENDING)
    )
    again = some(rng, untouched, today.level("resent applicants", 2, 0))
    world.applicant["updated_at"][again] = today.day.scatter(rng, len(again), 0.05, 0.95)
    world.applicant["touched"][again] = today.number
