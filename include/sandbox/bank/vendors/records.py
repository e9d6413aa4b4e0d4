"""What any vendor's records are made of: JSON the way its API sends it, ids, moments as text."""

import json
from collections.abc import Callable
from typing import Any

from include.sandbox.bank.calendar import utc_texts
from include.sandbox.bank.chance import mixed
from include.sandbox.bank.chapters import Upsert
from include.sandbox.bank.columns import Array, Columns

RECORD = ("id", "cursor_at", "record")

# Given a table and the column that holds a day: the row numbers to write.
Rows = Callable[[Columns, str], Array]


def records(table: str, ids: list[str], cursors: Array, documents: list[dict[str, Any]]) -> Upsert:
    """The documents of a table, with the moments by which its API sorts them."""
    texts = (json.dumps(document, ensure_ascii=False, separators=(",", ":")) for document in documents)
    return Upsert(table, RECORD, list(zip(ids, utc_texts(cursors, "+00"), texts, strict=True)))


def documents(columns: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """One document per row, from one list per field."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def uuids(seed: int, salt: str, rows: Array) -> list[str]:
    """A version-4-looking UUID per row, always the same."""
    first, second = mixed(seed, salt, rows).tolist(), mixed(seed, salt + " low", rows).tolist()
    return [
        f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"
        for h in (f"{a:016x}{b:016x}" for a, b in zip(first, second, strict=True))
    ]


def zulu(moments: Array) -> list[str | None]:
    """UTC texts; None where the moment is 0: not yet."""
    return [
        text if moment else None
        for text, moment in zip(utc_texts(moments, "Z"), moments.tolist(), strict=True)
    ]
