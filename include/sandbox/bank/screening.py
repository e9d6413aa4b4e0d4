"""A day at the anti-money-laundering vendor: parties scored and scored again, alerts opened and closed."""

import numpy as np

from include.sandbox.bank.calendar import MINUTE
from include.sandbox.bank.chance import Today, some
from include.sandbox.bank.columns import Array, Columns
from include.sandbox.bank.world import World

BANDS = ("low", "medium", "high", "prohibited")
BAND_SHARES = (0.86, 0.11, 0.028, 0.002)
BAND_FLOORS = (0, 40, 70, 95)
ALERT_KINDS = ("sanctions", "pep", "adverse_media", "transaction_pattern")
KIND_SHARES = (0.1, 0.25, 0.25, 0.4)
ALERT_STATES = ("open", "under_review", "closed_false_positive", "closed_confirmed")
OPEN, UNDER_REVIEW, FALSE_POSITIVE, CONFIRMED = 0, 1, 2, 3
RESCORED_EVERY = 90  # days
SHARE_CONFIRMED = 0.08


def live(world: World, today: Today) -> None:
    rng = today.rng("screening")
    _score(world, today, rng)
    _override(world, today, rng)
    _work_on_alerts(world, today, rng)
    _open_alerts(world, today, rng)


def _score(world: World, today: Today, rng: np.random.Generator) -> None:
    """Everybody once when they come, then once a quarter; a retired party is scored no more."""
    parties = np.arange(len(world.party))
    scored = np.zeros(len(parties), bool)
    scored[world.risk_band["party"]] = True
    in_turn = (parties % RESCORED_EVERY == today.number % RESCORED_EVERY) & (world.party["root"] == parties)
    due = parties[~scored | in_turn]
    band = rng.choice(len(BANDS), len(due), p=BAND_SHARES).astype(np.int8)
    floors = np.array([*BAND_FLOORS, 101])
    score = floors[band] + (rng.random(len(due)) * (floors[band + 1] - floors[band])).astype(np.int16)
    moment = today.day.scatter(rng, len(due), 0.05, 0.9)
    world.risk_band.append(
        len(due),
        party=due,
        band=band,
        score=score,
        scored_at=moment,
        updated_at=moment,
        born=today.number,
        touched=today.number,
    )


def _override(world: World, today: Today, rng: np.random.Generator) -> None:
    """An analyst corrects a score of an earlier day: the same key comes again with another band."""
    band = world.risk_band
    high = np.flatnonzero((band["band"] == BANDS.index("high")) & (band["touched"] < today.number))
    chosen = some(rng, high, today.level("overrides", 1, 1))
    band["band"][chosen] = BANDS.index("medium")
    band["overridden"][chosen] = True
    _stamp(world.risk_band, chosen, today.day.scatter(rng, len(chosen), 0.3, 0.95), today)


def _work_on_alerts(world: World, today: Today, rng: np.random.Generator) -> None:
    alert = world.alert
    waiting = np.flatnonzero(alert["status"] < FALSE_POSITIVE)
    worked_on = waiting[rng.random(len(waiting)) < 0.3]
    moment = today.day.scatter(rng, len(worked_on), 0.3, 0.8)
    closing = alert["status"][worked_on] == UNDER_REVIEW
    confirmed = rng.random(len(worked_on)) < SHARE_CONFIRMED
    alert["status"][worked_on] = np.where(
        closing, np.where(confirmed, CONFIRMED, FALSE_POSITIVE), UNDER_REVIEW
    )
    alert["closed_at"][worked_on] = np.where(closing, moment, 0)
    _stamp(alert, worked_on, moment, today)

    # The vendor sends closed alerts again when it re-indexes: a new updated_at and nothing else.
    closed = np.flatnonzero((alert["status"] >= FALSE_POSITIVE) & (alert["touched"] < today.number))
    again = some(rng, closed, today.level("resent alerts", 1, 1))
    _stamp(alert, again, today.day.scatter(rng, len(again), 0.05, 0.95), today)


def _open_alerts(world: World, today: Today, rng: np.random.Generator) -> None:
    """Some concern parties retired by a merge: the vendor goes on using the old key."""
    known = np.flatnonzero(world.party["born"] < today.number)
    party = some(rng, known, today.level("alerts", 4, 2))
    moment = today.day.scatter(rng, len(party), 0.0, 0.8)
    rows = world.alert.append(
        len(party),
        party=party,
        kind=rng.choice(len(ALERT_KINDS), len(party), p=KIND_SHARES),
        status=OPEN,
        opened_at=moment,
        updated_at=moment,
        born=today.number,
        touched=today.number,
    )
    at_once = rows[rng.random(len(rows)) < 0.2]
    world.alert["status"][at_once] = FALSE_POSITIVE
    closed = world.alert["opened_at"][at_once] + rng.integers(MINUTE, 90 * MINUTE, len(at_once))
    world.alert["closed_at"][at_once] = world.alert["updated_at"][at_once] = closed


def _stamp(table: Columns, rows: Array, moment: Array, today: Today) -> None:
    table["updated_at"][rows] = moment
    table["touched"][rows] = today.number
