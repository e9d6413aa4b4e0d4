"""Which events of the app belong together, by clause 6.3 of the metric contract, and whose they are.

An event is of whoever is logged in. One without a login is of the only person who ever logged in on its
device; where several have, of the only one who did during the same visit. Who is logged in and linked to no
party by clause 1.2 is a person all the same, and their events are the device's.
"""

from dataclasses import dataclass

import numpy as np

from include.sandbox.bank.calendar import HOUR, MINUTE
from include.sandbox.bank.columns import Array
from include.sandbox.bank.spec import APP_MAIN_PAGE, APP_SESSION_START
from include.sandbox.bank.truth.identity import Registry
from include.sandbox.bank.truth.records import NOBODY, app_users
from include.sandbox.bank.vendors.mobile_app import insert_ids, names_sessions
from include.sandbox.bank.world import World

GAP = 30 * MINUTE
LONGEST = 12 * HOUR
NO_VISIT = -1


@dataclass(frozen=True)
class Sessions:
    """One element a session, in no order.

    `party` is the surviving party's row, -1 for a device's session; `device` is one of its events' device.
    `least_id` and `greatest_id` are of its events' ids: spread at random, they tell sets of events apart.
    """

    party: Array
    device: Array
    started_at: Array
    ended_at: Array
    events: Array
    saw_main_page: Array
    least_id: Array
    greatest_id: Array


@dataclass(frozen=True)
class Uses:
    """What decides whose an event is, one element an event.

    `user` is the row of the party who is logged in, -1 for nobody; `linked` gives the surviving party that
    clause 1.2 links each user to, -1 for none. `visit` numbers the uses of the app on one device, -1 for a
    message that comes while it is closed.
    """

    device: Array
    user: Array
    visit: Array
    linked: Array


def sessions(world: World) -> Sessions:
    """The sessions of the events that were uploaded by the end of the last lived day."""
    event = world.app_event
    told = np.flatnonzero(event["known"] <= world.last_lived)
    # An upload is now and then repeated; its events are the same ones.
    numbers, first = np.unique(event["number"][told], return_index=True)
    rows = told[first]
    device, at = event["device"][rows], event["happened_at"][rows]
    linked = np.full(len(world.party), NOBODY, np.int64)
    users = app_users(world)
    linked[users.rows] = Registry.of(world).resolve(users).party
    uses = Uses(device, event["party"][rows], _visits(world, rows), linked)
    party = owners(uses)
    subject = np.where(party >= 0, party, len(world.party) + device)
    session = cut(subject, at)
    ids = insert_ids(world, numbers)

    count = int(session.max(initial=-1)) + 1
    in_order = np.lexsort((at, session))
    begins = np.searchsorted(session[in_order], np.arange(count))
    saw = np.zeros(count, bool)
    saw[session[event["kind"][rows] == APP_MAIN_PAGE]] = True
    return Sessions(
        party=party[in_order][begins],
        device=device[in_order][begins],
        started_at=at[in_order][begins],
        ended_at=np.maximum.reduceat(at[in_order], begins) if count else at,
        events=np.bincount(session, minlength=count),
        saw_main_page=saw,
        least_id=np.minimum.reduceat(ids[in_order], begins) if count else ids,
        greatest_id=np.maximum.reduceat(ids[in_order], begins) if count else ids,
    )


def owners(uses: Uses) -> Array:
    """By event the surviving party whose it is, -1 where it is only its device's."""
    parties = len(uses.linked)
    logged_in = uses.user >= 0
    of_user = np.where(logged_in, uses.linked[uses.user], NOBODY)
    # Users of one surviving party are one person; whoever is linked to nobody is another.
    person = np.where(of_user >= 0, of_user, parties)
    people = parties + 1
    of_device = _only(uses.device[logged_in], person[logged_in], people, int(uses.device.max(initial=-1)) + 1)
    in_visit = logged_in & (uses.visit != NO_VISIT)
    of_visit = _only(uses.visit[in_visit], person[in_visit], people, int(uses.visit.max(initial=-1)) + 1)
    visitor = np.where(uses.visit == NO_VISIT, NOBODY, of_visit[uses.visit]) if len(of_visit) else NOBODY
    joined = np.where(of_device[uses.device] >= 0, of_device[uses.device], visitor)
    owner = np.where(logged_in, person, joined)
    return np.asarray(np.where(owner < parties, owner, NOBODY))


def cut(subject: Array, at: Array) -> Array:
    """By event the number of its session: of one subject, with gaps under GAP, shorter than LONGEST."""
    in_order = np.lexsort((at, subject))
    subject, at = subject[in_order], at[in_order]
    begins = np.ones(len(at), bool)
    begins[1:] = (subject[1:] != subject[:-1]) | (at[1:] - at[:-1] >= GAP)
    first = np.flatnonzero(begins)
    after = np.append(first[1:], len(at))
    too_long = at[after - 1] - at[first] >= LONGEST if len(at) else np.zeros(0, bool)
    for start, end in zip(first[too_long].tolist(), after[too_long].tolist(), strict=True):
        begin = start
        while (begin := begin + int(np.searchsorted(at[begin:end], at[begin] + LONGEST))) < end:
            begins[begin] = True
    session = np.empty(len(at), np.int64)
    session[in_order] = np.cumsum(begins) - 1
    return session


def _visits(world: World, rows: Array) -> Array:
    event = world.app_event
    visit = np.full(len(rows), NO_VISIT)
    inside = np.flatnonzero(event["session_at"][rows] > 0)
    rows = rows[inside]
    device = event["device"][rows]
    named = np.where(names_sessions(world, device), event["session_at"][rows], 0)
    visit[inside] = visits(
        device, named, event["kind"][rows] == APP_SESSION_START, event["happened_at"][rows]
    )
    return visit


def visits(device: Array, named: Array, opens: Array, at: Array) -> Array:
    """By event the number of its visit: what the app calls a session, which a phone put down cuts in two.

    Old versions name none: 0 in `named`. Where two people are in one device's app at the same time, all that
    is then known is that whoever opened it last goes on.
    """
    in_order = np.lexsort((at, named, device))
    device, named, opens, at = (column[in_order] for column in (device, named, opens, at))
    begins = opens.copy()
    begins[1:] |= (device[1:] != device[:-1]) | (named[1:] != named[:-1]) | (at[1:] - at[:-1] >= GAP)
    visit = np.empty(len(at), np.int64)
    visit[in_order] = np.cumsum(begins)
    return visit


def _only(group: Array, value: Array, values: int, groups: int) -> Array:
    """For each group the one value that it has, below `values`; -1 where it has none or several."""
    pairs = np.unique(group.astype(np.int64) * values + value)
    owner = pairs // values
    only = np.full(groups, NOBODY, np.int64)
    single = np.bincount(owner, minlength=groups)[owner] == 1
    only[owner[single]] = pairs[single] % values
    return only
