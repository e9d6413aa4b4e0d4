"""A day on the bank's mobile app: who opened it on which device, what they looked at, when it was uploaded.

Nothing here is a customer-initiated act: looking at the app makes nobody active (clause 2.1).
"""

from dataclasses import dataclass

import numpy as np

from include.sandbox.bank.calendar import HOUR, MINUTE, SECOND, BusinessDay
from include.sandbox.bank.chance import Today, fraction, mixed, some
from include.sandbox.bank.columns import Array
from include.sandbox.bank.mailings import OPEN_CAMPAIGNS
from include.sandbox.bank.spec import (
    APP_LOGIN,
    APP_LOGOUT,
    APP_MAIN_PAGE,
    APP_PUSH,
    APP_SCREENS,
    APP_SESSION_START,
    APP_VISITOR_SCREENS,
)
from include.sandbox.bank.world import World

MEASURED_DAYS = 14  # of history: the bank has counted its app's use for two weeks
SHARE_OF_USERS = 0.7  # of the bank's parties
SHARE_WITH_TWO_DEVICES = 0.25
SHARE_OF_SHARED_DEVICES = 0.04
CHANCE_TO_OPEN = (0.55, 0.25, 0.01)  # on a day, by rhythm
SHARE_FROM_CAMPAIGNS = 0.06  # of the times the app is opened: by a campaign's link
MILLISECOND = 1_000
NOBODY = -1
NO_CAMPAIGN = -1
STILL_LOGGED_IN, LOGS_IN, LOOKS_ONLY = 0, 1, 2


@dataclass(frozen=True)
class _Sessions:
    """Sessions that begin today, as arrays. `party` is who opens the app, -1 for a visitor."""

    device: Array
    party: Array
    start: Array
    manner: Array

    def __add__(self, other: "_Sessions") -> "_Sessions":
        return _Sessions(*(np.concatenate(pair) for pair in zip(self._all(), other._all(), strict=True)))

    def _all(self) -> tuple[Array, Array, Array, Array]:
        return self.device, self.party, self.start, self.manner


def live(world: World, today: Today) -> None:
    if today.number <= world.spec.last_day.toordinal() - MEASURED_DAYS:
        return
    rng = today.rng("app usage")
    if len(world.device) == 0:
        _equip(world, today, rng, np.flatnonzero(_uses_app(world) & (world.party["born"] < today.number)))
    newcomers, devices = _equip_newcomers(world, today, rng)
    _meet_visitors(world, today, rng)
    first = _Sessions(
        devices,
        newcomers,
        world.party["created_at"][newcomers] + rng.integers(2 * MINUTE, 40 * MINUTE, len(newcomers)),
        np.full(len(newcomers), LOGS_IN),
    )
    sessions = _visits_of_customers(world, today, rng) + _visits_of_strangers(world, today, rng) + first
    _record_sessions(world, today, rng, sessions)
    _push(world, today, rng)


def campaign_links(world: World, rows: Array) -> Array:
    """For each of these rows of `app_event` the campaign whose link opened the app with it, -1 for none.

    Chosen by hash, from the campaigns that were running: no draw of the day is spent on it.
    """
    event, seed = world.app_event, world.spec.seed
    number = event["number"][rows]
    begun = np.array([BusinessDay.numbered(day).start for day in world.campaign["started_on"].tolist()])
    campaigns = np.searchsorted(begun, event["happened_at"][rows], side="right")
    running = np.minimum(campaigns, OPEN_CAMPAIGNS)
    followed = (event["kind"][rows] == APP_SESSION_START) & (running > 0)
    followed &= fraction(seed, "campaign link", number) < SHARE_FROM_CAMPAIGNS
    back = mixed(seed, "which campaign", number) % np.maximum(running, 1).astype(np.uint64)
    return np.where(followed, campaigns - 1 - back.astype(np.int64), NO_CAMPAIGN)


def _uses_app(world: World) -> Array:
    parties = np.arange(len(world.party))
    return np.asarray(fraction(world.spec.seed, "app user", parties) < SHARE_OF_USERS)


def _equip(world: World, today: Today, rng: np.random.Generator, parties: Array) -> None:
    """Devices for these parties: one or two each; a few are used by somebody else in the family, too."""
    second = parties[rng.random(len(parties)) < SHARE_WITH_TWO_DEVICES]
    devices = _new_devices(world, today, rng, np.concatenate([parties, second]))
    shared = devices[rng.random(len(devices)) < SHARE_OF_SHARED_DEVICES]
    if len(parties) > 1:
        world.device["also"][shared] = rng.choice(parties, len(shared))


def _new_devices(world: World, today: Today, rng: np.random.Generator, parties: Array) -> Array:
    """Devices of these parties (-1: not known whose). One in twenty has a clock that is wrong."""
    count = len(parties)
    skew = np.where(rng.random(count) < 0.05, rng.integers(-3 * HOUR, 3 * HOUR, count), 0)
    return world.device.append(
        count,
        party=parties,
        also=NOBODY,
        skew=skew // MILLISECOND * MILLISECOND,
        born=today.number,
    )


def _equip_newcomers(world: World, today: Today, rng: np.random.Generator) -> tuple[Array, Array]:
    """Today's new parties who use the app, and the device of each: half had looked around on it before."""
    newcomers = np.flatnonzero(_uses_app(world) & (world.party["born"] == today.number))
    strangers = np.flatnonzero((world.device["party"] == NOBODY) & (world.device["born"] < today.number))
    known = some(rng, strangers, len(newcomers) // 2 + len(newcomers) % 2)
    world.device["party"][known] = newcomers[: len(known)]
    fresh = _new_devices(world, today, rng, newcomers[len(known) :])
    return newcomers, np.concatenate([known, fresh])


def _meet_visitors(world: World, today: Today, rng: np.random.Generator) -> None:
    """People who try the app without being customers; most never become one."""
    _new_devices(world, today, rng, np.full(today.level("app visitors", 15, 5), NOBODY))


def _visits_of_customers(world: World, today: Today, rng: np.random.Generator) -> _Sessions:
    device = world.device
    shared = np.flatnonzero(device["also"] >= 0)
    held = np.concatenate([np.flatnonzero(device["party"] >= 0), shared])
    holder = np.concatenate([device["party"][device["party"] >= 0], device["also"][shared]])
    in_order = np.argsort(holder, kind="stable")
    held, holder = held[in_order], holder[in_order]
    count = np.bincount(holder, minlength=len(world.party))

    settled = (count > 0) & (world.party["born"] < today.number)
    opens = settled & (rng.random(len(count)) < np.array(CHANCE_TO_OPEN)[world.party["rhythm"]])
    openers = np.flatnonzero(opens)
    party = np.repeat(openers, 1 + rng.poisson(0.5, len(openers)))
    first = np.cumsum(count) - count
    chosen = held[first[party] + np.floor(rng.random(len(party)) * count[party]).astype(np.int64)]
    manner = rng.choice(3, len(party), p=(0.6, 0.32, 0.08))
    manner[(manner == STILL_LOGGED_IN) & (device["also"][chosen] >= 0)] = LOGS_IN
    return _Sessions(chosen, party, today.day.at(rng.beta(2.4, 1.9, len(party))), manner)


def _visits_of_strangers(world: World, today: Today, rng: np.random.Generator) -> _Sessions:
    device = world.device
    curious = (device["party"] == NOBODY) & (device["born"] > today.number - 4)
    chosen = np.flatnonzero(curious & ((device["born"] == today.number) | (rng.random(len(device)) < 0.4)))
    count = len(chosen)
    start = today.day.scatter(rng, count, 0.25, 0.97)
    return _Sessions(chosen, np.full(count, NOBODY), start, np.full(count, LOOKS_ONLY))


def _record_sessions(world: World, today: Today, rng: np.random.Generator, sessions: _Sessions) -> None:
    """The events of each session, one row of arrays per event."""
    length = 3 + np.minimum(rng.geometric(0.17, len(sessions.device)), 40)
    session = np.repeat(np.arange(len(length)), length)
    place = np.arange(len(session)) - np.repeat(np.cumsum(length) - length, length)
    manner = sessions.manner[session]
    is_stranger = sessions.party[session] == NOBODY

    kind = np.where(
        is_stranger,
        rng.choice(APP_VISITOR_SCREENS, len(session)),
        rng.choice(APP_SCREENS, len(session)),
    )
    kind[place == 0] = APP_SESSION_START
    kind[place == 1] = APP_MAIN_PAGE
    kind[(place == 2) & (manner == LOGS_IN)] = APP_LOGIN
    logs_out = (rng.random(len(length)) < 0.3) & (sessions.manner == LOGS_IN)
    kind[logs_out[session] & (place == length[session] - 1)] = APP_LOGOUT
    knows_who = (manner == STILL_LOGGED_IN) | ((manner == LOGS_IN) & (place >= 2))
    party = np.where(knows_who, sessions.party[session], NOBODY)

    pause = rng.exponential(25 * SECOND, len(session)) + 0.2 * SECOND
    pause[rng.random(len(session)) < 0.003] += 35 * MINUTE  # the phone was put down: a session or two?
    pause[place == 0] = 0
    elapsed = np.cumsum(pause)
    elapsed -= np.repeat(elapsed[place == 0], length)
    happened = sessions.start[session] + elapsed.astype(np.int64)

    offline = rng.random(len(length)) < 0.04
    back_online = happened[np.cumsum(length) - 1] + rng.integers(HOUR, 70 * HOUR, len(length))
    at_once = happened + rng.integers(SECOND, 40 * SECOND, len(session))
    uploaded = np.where(offline[session], back_online[session], at_once)
    _record(
        world,
        today,
        rng,
        device=sessions.device[session],
        party=party,
        kind=kind,
        happened_at=happened,
        session_at=sessions.start[session],
        uploaded_at=uploaded,
    )


def _push(world: World, today: Today, rng: np.random.Generator) -> None:
    """Messages that arrive on a device while its app is closed: events outside of any session."""
    owned = np.flatnonzero(world.device["party"] >= 0)
    reached = some(rng, owned, len(owned) // 25)
    at = today.day.scatter(rng, len(reached), 0.4, 0.9)
    _record(
        world,
        today,
        rng,
        device=reached,
        party=world.device["party"][reached],
        kind=np.full(len(reached), APP_PUSH),
        happened_at=at,
        session_at=np.zeros(len(reached), np.int64),
        uploaded_at=at + rng.integers(SECOND, 20 * MINUTE, len(reached)),
    )


def _record(world: World, today: Today, rng: np.random.Generator, **event: Array) -> None:
    """Write events as their device uploads them, one in a hundred twice: the device saw no answer."""
    for name in ("happened_at", "session_at", "uploaded_at"):
        event[name] = event[name] // MILLISECOND * MILLISECOND
    count = len(event["device"])
    event["number"] = np.arange(count) + world.app_events
    world.app_events += count
    again = np.flatnonzero(rng.random(count) < 0.01)
    uploaded_again = event["uploaded_at"][again] + rng.integers(SECOND, 90 * MINUTE, len(again))
    repeated = {name: values[again] for name, values in event.items()}
    repeated["uploaded_at"] = uploaded_again // MILLISECOND * MILLISECOND
    rows = {name: np.concatenate([values, repeated[name]]) for name, values in event.items()}
    nights = [BusinessDay.numbered(today.number + ahead).end for ahead in range(5)]
    known = today.number + np.searchsorted(nights, rows["uploaded_at"], side="right")
    world.app_event.append(len(known), known=known, **rows)
