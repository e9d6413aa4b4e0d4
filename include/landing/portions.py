"""A run's batches in portions: one for each table that a batch completes, and one for all the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from include.landing.profile import Rows


class Portion:
    """Batches up to the one that completes a table. `completed` names it once they have been taken."""

    def __init__(self, batches: Iterator[Rows]) -> None:
        self._batches = batches
        self.completed = ""

    def __iter__(self) -> Iterator[Rows]:
        for batch in self._batches:
            yield batch
            if batch.completes:
                self.completed = batch.table
                return


def portions(batches: Iterable[Rows]) -> Iterator[Portion]:
    """All batches, in their order. Each portion is to be taken in full before the next."""
    left = iter(batches)
    for first in left:
        yield Portion(chain([first], left))
