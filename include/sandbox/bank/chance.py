"""The world's randomness: a pure function of the seed, so that any day can be lived again."""

import zlib
from dataclasses import dataclass

import numpy as np

from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.columns import Array

GOLDEN_RATIO = 0.6180339887498949


def mixed(seed: int, salt: str, numbers: Array) -> Array:
    """A 64-bit hash of each number (splitmix64): the same row always gets the same name, SIN, sum."""
    x = numbers.astype(np.uint64) + np.uint64((zlib.crc32(salt.encode()) << 32) + (seed & 0xFFFFFFFF))
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(x ^ (x >> np.uint64(31)))


def fraction(seed: int, salt: str, numbers: Array) -> Array:
    """A number in [0, 1) for each row, by hash."""
    return (mixed(seed, salt, numbers) >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def some(rng: np.random.Generator, rows: Array, count: int) -> Array:
    """`count` different ones of `rows` in random order, or all of them where there are fewer."""
    return rng.choice(rows, min(count, len(rows)), replace=False)


@dataclass(frozen=True)
class Today:
    """The day being lived and where its chance comes from."""

    day: BusinessDay
    seed: int
    scale: float
    quiet: bool  # contacts and applicants that exist stay as they are: see life.history
    drop_activity: float = 0.0

    @property
    def number(self) -> int:
        return self.day.number

    def rng(self, concern: str) -> np.random.Generator:
        """A stream of its own per concern, so that one concern's change leaves the others' days alone."""
        return np.random.default_rng([self.seed, self.number, zlib.crc32(concern.encode())])

    def swing(self, name: str) -> float:
        """Today's place in [-1, 1), spread evenly over any run of days.

        A golden-ratio rotation, not a draw: seven such days always cover the range, so that a normal
        day never lies outside 2.5 sigma of the week before it (1.94 at most), as a draw would once a month.
        """
        offset = float(fraction(self.seed, f"swing {name}", np.array([0]))[0])
        return 2.0 * ((offset + self.number * GOLDEN_RATIO) % 1.0) - 1.0

    def level(self, name: str, base: float, amplitude: float) -> int:
        """Today's count of something that happens `base` +- `amplitude` times a day to 2,000 people."""
        return max(0, int(self.scale * (base + amplitude * self.swing(name)) + 0.5))
