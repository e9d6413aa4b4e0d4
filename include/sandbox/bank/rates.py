"""A day at the rates desk: what is posted on business days, and what is corrected days later."""

import datetime as dt

import numpy as np

from include.sandbox.bank.chance import Today, fraction
from include.sandbox.bank.columns import Array
from include.sandbox.bank.world import World

SERIES = (
    "POSTED_PRIME",
    "POSTED_SAVINGS_HIGH_INTEREST",
    "POSTED_GIC_1Y",
    "POSTED_GIC_5Y",
    "POSTED_MORTGAGE_FIXED_5Y",
    "POSTED_CARD_PURCHASE",
)
TYPICAL = np.array([445, 275, 340, 365, 609, 2099])  # basis points
CORRECTED_WITHIN = 5  # days
HOLIDAYS = ((1, 1), (7, 1), (9, 30), (11, 11), (12, 25), (12, 26))  # month, day; those that move are left out


def live(world: World, today: Today) -> None:
    rng = today.rng("rates")
    _correct(world, today, rng)
    if is_business_day(today.day.date):
        _post(world, today, rng)


def is_business_day(day: dt.date) -> bool:
    """Nothing is posted on weekends and bank holidays."""
    return day.weekday() < 5 and (day.month, day.day) not in HOLIDAYS


def _post(world: World, today: Today, rng: np.random.Generator) -> None:
    """Rates move slowly; once in a while a series is forgotten for a day."""
    series = np.flatnonzero(rng.random(len(SERIES)) >= 0.01)
    world.posted_rate.append(
        len(series),
        series=series,
        day=today.number,
        basis_points=TYPICAL[series] + _drift(world, today.number, series),
        born=today.number,
        touched=today.number,
    )


def _drift(world: World, day: int, series: Array) -> Array:
    """A step of up to 25 basis points that holds for two weeks."""
    seeds = series + len(SERIES) * (day // 14)
    return (fraction(world.spec.seed, "rate", seeds) * 51).astype(np.int64) - 25


def _correct(world: World, today: Today, rng: np.random.Generator) -> None:
    """A typing error in a rate of the last days is put right, without a word."""
    rate = world.posted_rate
    recent = np.flatnonzero((rate["day"] >= today.number - CORRECTED_WITHIN) & (rate["day"] < today.number))
    if len(recent) and rng.random() < 0.25:
        row = rng.choice(recent)
        rate["basis_points"][row] += rng.choice([-10, -5, 5, 10])
        rate["touched"][row] = today.number
