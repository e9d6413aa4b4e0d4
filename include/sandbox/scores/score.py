"""What a score is, what is asked of it, and how the warehouse's values become the world's."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from include.sandbox.bank.columns import Array
from include.sandbox.bank.truth import party_ids

# What must be reached. Everything else that is scored must be exact.
PRECISION = 1.0
RECALL = 0.98

NOBODY = -1
STRANGER = -2  # an identifier that the bank never gave


class Ask(Protocol):
    def __call__(self, query: str, **values: object) -> Sequence[Sequence[Any]]: ...


@dataclass(frozen=True)
class Score:
    """One line of the summary; `fault` is what is wrong with it, empty where it is as it should be."""

    title: str
    text: str
    fault: str = ""


def party_rows(ids: Iterable[str | None], parties: int) -> Array:
    """The rows of parties in the world by their identifiers: NOBODY for None, STRANGER for no party's."""
    row_of: dict[str | None, int] = {text: row for row, text in enumerate(party_ids(np.arange(parties)))}
    row_of[None] = NOBODY
    return np.array([row_of.get(text, STRANGER) for text in ids], np.int64)


def microseconds(moments: Iterable[datetime | None]) -> Array:
    """Moments of UTC without a zone, as microseconds since 1970."""
    return np.array(list(moments), "datetime64[us]").astype(np.int64)


def moment(instant: int) -> str:
    return f"{np.datetime64(instant, 'us')}Z"
