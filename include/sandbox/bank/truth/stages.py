"""How far customers have come, by clauses 4.1 to 4.4 of the metric contract.

Where a stage hangs on who is who, it hangs on what clause 1.2 can link: an applicant whom it links to nobody
onboards nobody, whoever they are.
"""

from dataclasses import dataclass

import numpy as np

from include.sandbox.bank.calendar import BusinessDay, toronto_days
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import INITIATED_KINDS, PENDING, VERIFIED
from include.sandbox.bank.truth.activity import Books
from include.sandbox.bank.truth.identity import Registry
from include.sandbox.bank.truth.instants import active_through, loaded_books
from include.sandbox.bank.truth.records import applicants
from include.sandbox.bank.world import World

ENGAGED_DAYS, ENGAGED_WITHIN_DAYS = 3, 14
FULL_WEEKS = 13
WEEK_DAYS = 7
NOT_REACHED = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Steps:
    """What decides stages besides the books of activity, as arrays.

    A customer's KYC state changes at `state_at`; `state_party` is the surviving party whom the applicant is
    linked to. Settled are the customer-initiated transactions that have settled, by their posting.
    """

    state_party: Array
    state_at: Array
    state_verified: Array
    settled_party: Array
    settled_at: Array


@dataclass(frozen=True)
class Stages:
    """By party row: the first moment of each stage, or NOT_REACHED. Retired parties reach nothing."""

    onboarded: Array
    activated: Array
    engaged: Array
    retained: Array


def stages(world: World) -> Stages:
    """As known at the end of the last lived day."""
    return stages_by(loaded_books(world), steps_of(world), BusinessDay.numbered(world.last_lived).end)


def steps_of(world: World) -> Steps:
    applicant, check, transaction = world.applicant, world.check, world.transaction
    linked = Registry.of(world).resolve(applicants(world)).party
    decided_at = np.zeros(len(applicant), np.int64)
    np.maximum.at(decided_at, check["applicant"], check["completed_at"])
    known = np.flatnonzero(linked >= 0)
    decided = known[applicant["state"][known] != PENDING]
    settled = np.flatnonzero(
        (transaction["kind"] < INITIATED_KINDS)
        & (transaction["born"] <= world.last_lived)
        & (transaction["settles_on"] > 0)
        & (transaction["settles_on"] <= world.last_lived)
    )
    owner = world.account["party"][transaction["account"][settled]]
    return Steps(
        state_party=np.concatenate([linked[known], linked[decided]]),
        state_at=np.concatenate([applicant["created_at"][known], decided_at[decided]]),
        state_verified=np.concatenate([np.zeros(len(known), bool), applicant["state"][decided] == VERIFIED]),
        settled_party=world.party["root"][owner],
        settled_at=transaction["posted_at"][settled],
    )


def stages_by(books: Books, steps: Steps, end: int) -> Stages:
    """The stages reached before the moment `end`."""
    onboarded = _onboarded(books, steps)
    activated = _first(
        len(books.root),
        steps.settled_party,
        steps.settled_at,
        steps.settled_at > onboarded[steps.settled_party],
    )
    return Stages(onboarded, activated, _engaged(books, activated), _retained(books, activated, end))


def _first(parties: int, party: Array, at: Array, counts: Array) -> Array:
    first = np.full(parties, NOT_REACHED)
    np.minimum.at(first, party[counts], at[counts])
    return first


def _onboarded(books: Books, steps: Steps) -> Array:
    """The first moment at which a verified stretch and a primary account overlap.

    Who applied more than once stands where the latest change of any application left them.
    """
    in_order = np.lexsort((steps.state_at, steps.state_party))
    party, since, verified = (
        column[in_order] for column in (steps.state_party, steps.state_at, steps.state_verified)
    )
    until = np.full(len(since), NOT_REACHED)
    goes_on = np.flatnonzero(party[1:] == party[:-1])
    until[goes_on] = since[goes_on + 1]
    party, since, until = party[verified], since[verified], until[verified]

    account = np.flatnonzero(books.account_primary)
    owner = books.root[books.account_party[account]]
    account = account[np.argsort(owner, kind="stable")]
    held = np.bincount(owner, minlength=len(books.root))
    first_held = np.cumsum(held) - held
    stretch = np.repeat(np.arange(len(party)), held[party])
    place = np.arange(len(stretch)) - np.repeat(np.cumsum(held[party]) - held[party], held[party])
    account = account[first_held[party[stretch]] + place]

    both_since = np.maximum(since[stretch], books.opened_at[account])
    closed_at = np.where(books.closed_at[account] == 0, NOT_REACHED, books.closed_at[account])
    return _first(
        len(books.root), party[stretch], both_since, both_since < np.minimum(until[stretch], closed_at)
    )


def _engaged(books: Books, activated: Array) -> Array:
    """The first act of a day that has enough earlier days with acts, within the window that it ends."""
    party = books.root[books.act_party]
    later = np.flatnonzero(books.act_at > activated[party])
    later = later[np.lexsort((books.act_at[later], party[later]))]
    party, at = party[later], books.act_at[later]
    day = toronto_days(at)
    opens_day = np.ones(len(day), bool)
    opens_day[1:] = (party[1:] != party[:-1]) | (day[1:] != day[:-1])
    party, at, day = party[opens_day], at[opens_day], day[opens_day]
    back = ENGAGED_DAYS - 1
    enough = np.zeros(len(day), bool)
    enough[back:] = (party[back:] == party[:-back]) & (day[back:] - day[:-back] < ENGAGED_WITHIN_DAYS)
    return _first(len(books.root), party, at, enough)


def _retained(books: Books, activated: Array, end: int) -> Array:
    """The first week's end, thirteen full weeks on or later, at which the customer is active."""
    retained = np.full(len(books.root), NOT_REACHED)
    reached = np.flatnonzero(activated != NOT_REACHED)
    if len(reached) == 0:
        return retained
    # Day 1 of the calendar is a Monday, so a week is the days of one quotient.
    week = np.full(len(books.root), NOT_REACHED)
    week[reached] = (toronto_days(activated[reached]) - 1) // WEEK_DAYS
    judged = range(int(week.min()) + FULL_WEEKS, (int(toronto_days(np.array([end]))[0]) - 1) // WEEK_DAYS)
    ends = np.array([BusinessDay.numbered((one + 1) * WEEK_DAYS).last_instant for one in judged], np.int64)
    for one, instant, active in zip(judged, ends.tolist(), active_through(books, ends), strict=True):
        retained[active & (week <= one - FULL_WEEKS) & (retained == NOT_REACHED)] = instant
    return retained
