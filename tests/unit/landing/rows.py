"""Rows as extraction hands them over, for a small source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa

from include.contracts import SourceContract, Table, load_sources
from include.extract.batch import Batch, row_schema

PARTITION = date(2026, 11, 18)
COMMITTED = datetime(2026, 11, 19, 5)  # noqa: DTZ001

Review = tuple[str, str]
"""An account and the decision about it."""


def contract(kind: str = "drop") -> SourceContract:
    """The contract of account reviews, as if it were read another way."""
    return replace(load_sources()["drop_account_reviews"], kind=kind)  # type: ignore[arg-type]


def review_table() -> Table:
    return contract().table("review")


def reviews(
    *rows: Review,
    first: int = 0,
    positions: Sequence[str] | None = None,
    op: str = "read",
    rescued: str | None = None,
) -> Batch:
    """A batch of reviews, at `<partition>/%010d` from `first` on, unless given other positions."""
    table = review_table()
    if positions is None:
        positions = [f"{PARTITION}/{number:010d}" for number in range(first, first + len(rows))]
    columns = {
        "account_id": [account for account, _ in rows],
        "reviewed_at": ["2026-11-18T09:30:00-05:00"] * len(rows),
        "decision": [decision for _, decision in rows],
        "reviewer": ["R. Eviewer"] * len(rows),
        "reason": [None] * len(rows),
        "_op": [op] * len(rows),
        "_position": list(positions),
        "_committed_at": [COMMITTED] * len(rows),
        "_unchanged": [None] * len(rows),
        "_rescued": [rescued] * len(rows),
    }
    return Batch("review", pa.table(columns, schema=row_schema(table)))
