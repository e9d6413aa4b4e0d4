"""The sandbox's vendors over a small bank's records, and what extraction makes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import httpx
import psycopg

from include.contracts import Table, load_sources
from include.extract import rest
from include.extract.batch import Window
from include.extract.patience import Patience
from include.sandbox.services.settings import LOGINS
from tests.integration.services.conftest import SECRETS
from tests.unit.extract.contracts import KEY

LAST_DAY = date(2026, 11, 10)
QUICK = Patience(page=10, answer=5, first_wait=0.01, longest_wait=0.05)
SHORT = replace(QUICK, page=0.3)


@dataclass
class Vendor:
    """One vendor: its address, and the database with what it holds."""

    name: str
    address: str
    dsn: str

    @property
    def access(self) -> rest.Access:
        return rest.Access(f"{self.address}/{self.name}", SECRETS[self.name], LOGINS.get(self.name, ""))

    def batches(self, window: Window, patience: Patience = QUICK) -> Iterator[Any]:
        return rest.extract(load_sources()[self.name], self.access, window, KEY, patience=patience)

    def rows(self, window: Window, patience: Patience = QUICK) -> dict[str, list[dict[str, Any]]]:
        """What extraction reads, by table."""
        read: dict[str, list[dict[str, Any]]] = {table.name: [] for table in load_sources()[self.name].tables}
        for batch in self.batches(window, patience):
            read[batch.table] += batch.rows.to_pylist()
        return read

    def held(self, table: Table, window: Window) -> list[dict[str, Any]]:
        """The records whose cursor lies in the window, in the order of cursor and key."""
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute(
                f"select cursor_at, record::text from {self.name}.{table.name}"
                " where cursor_at >= %s and cursor_at < %s",
                (window.start, window.end),
            ).fetchall()
        return [json.loads(text) for _, text in sorted(found)]

    def fault(self, **what: Any) -> None:
        """Switch a fault on."""
        httpx.put(f"{self.address}/_faults/{self.name}", json=what).raise_for_status()

    @contextmanager
    def holding(self, table: str, records: list[tuple[str, str, dict[str, Any]]]) -> Iterator[None]:
        """More records (id, moment, record) for the time of the block."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            with connection.cursor().copy(f"copy {self.name}.{table} from stdin") as copy:
                for row_id, moment, record in records:
                    copy.write_row((row_id, moment, json.dumps(record)))
            try:
                yield
            finally:
                connection.execute(
                    f"delete from {self.name}.{table} where id = any(%s)",
                    ([row_id for row_id, _, _ in records],),
                )


def at(record: dict[str, Any], path: tuple[str, ...]) -> Any:
    for name in path:
        record = record[name]
    return record
