"""An analyst's desk: a legacy file, a mart, a reconciliation file, and what the comparison says of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from include.governance.reconcile.__main__ import main
from include.governance.reconcile.compare import Difference, Findings, all_differences, compare
from include.governance.reconcile.plan_file import read_plan
from include.warehouse.session import Warehouse

DAYS = [f"2026-11-{day:02}" for day in range(2, 12)]


@dataclass
class Desk:
    """A mart with day, branch and spend, unless a test says otherwise; extracts capitalise them."""

    folder: Path
    mart: str

    def has_mart(self, rows: str, columns: str = "day date, branch varchar, spend number(18, 4)") -> None:
        """``rows`` is what stands behind VALUES, or a query."""
        self.run(f"create table {self.mart} ({columns})")
        self.run(f"insert into {self.mart} {rows if rows.startswith('select') else 'values ' + rows}")

    def has_extract(self, text: str, encoding: str = "utf-8") -> None:
        (self.folder / "old.csv").write_bytes(text.encode(encoding))

    def plan(self, **changes: Any) -> Path:
        """The reconciliation file, written; ``legacy`` is added to what is said of the file."""
        told: dict[str, Any] = {
            "mart": self.mart,
            "date": {"Day": "day"},
            "keys": {"Branch": "branch"},
            "columns": {"Spend": "spend"},
            **changes,
            "legacy": {"file": "old.csv"} | changes.get("legacy", {}),
        }
        if "query" in told["legacy"]:
            del told["legacy"]["file"]
        path = self.folder / "old.yaml"
        path.write_text(yaml.safe_dump(told, sort_keys=False))
        return path

    def findings(
        self, first: date | None = None, last: date | None = None, samples: int = 5, **changes: Any
    ) -> Findings:
        with Warehouse().cursor() as cursor:
            return compare(
                cursor,
                read_plan(self.plan(**changes)),
                first=first,
                last=last,
                samples=samples,
                step=lambda _: None,
            )

    def differences(self, **changes: Any) -> list[Difference]:
        """All of them, as the CSV report has them."""
        with Warehouse().cursor() as cursor:
            plan = read_plan(self.plan(**changes))
            found = compare(cursor, plan, first=None, last=None, samples=0, step=lambda _: None)
            return list(all_differences(cursor, found.plan))

    def causes(self, **changes: Any) -> dict[tuple[str, str], int]:
        """(column, cause) -> rows, of what nobody has explained."""
        return {
            (count.column, count.cause): count.rows
            for count in self.findings(**changes).counts
            if count.ignored_by is None
        }

    def command(self, *arguments: str, **changes: Any) -> int:
        """The exit code of the command line."""
        return main([str(self.plan(**changes)), *arguments])

    def run(self, statement: str) -> list[Any]:
        with Warehouse().cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())


def series(branch: str, values: list[str], days: list[str] = DAYS) -> str:
    """Rows for VALUES: a branch's spend on consecutive days."""
    return ", ".join(f"('{day}', '{branch}', {value})" for day, value in zip(days, values, strict=False))


def lines(branch: str, values: list[str], days: list[str] = DAYS) -> str:
    """The same as lines of a legacy file, without its header."""
    return "".join(f"{day},{branch},{value}\n" for day, value in zip(days, values, strict=False))
