"""What one extract hands over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from include.extract.batch import Batch
from include.extract.cdc.truth import Truth, unknown


@dataclass(frozen=True)
class Extraction:
    """Rows of all contracted tables up to a fixed point of the source's history, read while iterated.

    A snapshot's tables come one after the other, and the last batch of each completes it. Behind them come
    the changes of tables that an earlier try has read, from where it read them up to `stop`.

    Attributes:
        stop: the position of that point. Once `batches` is landed this is what the load ledger notes, what
            the next extract gets as `after`, and what `confirm` gets; also when there were no rows.
        snapshot: whether these are whole tables rather than changes.
        batches: each in the order of its positions. One fits in memory, all may not.
        truth: per table, the source's own state exactly at `stop`, once the batches are read; empty where the
            source could not be read at that point, which the log says. `include.extract.cdc.truth` describes
            the canonical form.
        origin: what a snapshot's rows depend on. Its tables are of use to a later try of the same origin.
    """

    stop: str
    snapshot: bool
    batches: Iterator[Batch]
    truth: Truth = unknown
    origin: str = ""
