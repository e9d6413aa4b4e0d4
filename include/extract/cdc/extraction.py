"""What one extract hands over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from include.extract.batch import Batch
from include.extract.cdc.truth import SourceState


@dataclass(frozen=True)
class Extraction:
    """Rows of all contracted tables up to a fixed point of the source's history, read while iterated.

    Attributes:
        stop: the position of that point. Once `batches` is landed this is what the load ledger notes, what
            the next extract gets as `after`, and what `confirm` gets; also when there were no rows.
        snapshot: whether these are whole tables rather than changes.
        batches: each in the order of its positions. One fits in memory, all may not.
        truth: per table, the source's own state exactly at `stop`; empty where the source could not be read
            at that point, which the log says. `include.extract.cdc.truth` describes the canonical form.
    """

    stop: str
    snapshot: bool
    batches: Iterator[Batch]
    truth: Mapping[str, SourceState] = field(default_factory=dict)
