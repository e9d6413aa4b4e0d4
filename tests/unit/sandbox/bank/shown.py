"""What the sources show of the bank: records as a vendor's API sends them, rows as a database holds them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from include.sandbox.bank.chapters import Chapter, Delete, Insert, Update, Upsert

Row = dict[str, Any]


@dataclass
class Shown:
    """What chapters write: rows and records by table, updates by table and columns, keys deleted by table."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    deleted: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @classmethod
    def of(cls, chapters: Iterable[Chapter]) -> Shown:
        shown = cls()
        for chapter in chapters:
            for statement in chapter.statements:
                match statement:
                    case Delete(table, _, keys):
                        shown.deleted[table] += len(keys)
                    case Update(table, columns, rows):
                        shown.updates[table] += [dict(zip(columns, row, strict=True)) for row in rows]
                    case Insert(table, columns, rows) | Upsert(table, columns, rows):
                        is_record = columns[-1] == "record"
                        shown.rows[table] += [
                            json.loads(str(row[-1])) if is_record else dict(zip(columns, row, strict=True))
                            for row in rows
                        ]
        return shown
