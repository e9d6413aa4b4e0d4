"""What one extract hands over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from include.extract.batch import Batch


@dataclass(frozen=True)
class Extraction:
    """Rows of all contracted tables up to a fixed point of the source's history, read while iterated.

    Attributes:
        stop: the position of that point. Once `batches` is landed this is what the load ledger notes, what
            the next extract gets as `after`, and what `confirm` gets; also when there were no rows.
        snapshot: whether these are whole tables rather than changes.
        batches: each in the order of its positions. One fits in memory, all may not.
    """

    stop: str
    snapshot: bool
    batches: Iterator[Batch]
