"""dbt builds in a sandbox warehouse of their own, timed per model, on bronze that SQL writes inside it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.benchmarks.cdc import warehouse
from tests.benchmarks.contender import MEMORY
from tests.dbt.bronze import Bronze, empty_bronze
from tests.dbt.project import Dbt, environment

TEXT = "'YYYY-MM-DD HH24:MI:SS+00'"


@dataclass(frozen=True)
class Build:
    """One dbt command.

    Attributes:
        seconds: per model, as dbt timed it: statements and what dbt does around them.
        wall: from dbt's start to its end.
    """

    name: str
    wall: float
    seconds: dict[str, float]


@dataclass(frozen=True)
class OwnWarehouse:
    """A warehouse with empty bronze tables.

    Attributes:
        database: the file in which it keeps them.
    """

    bronze: Bronze
    environment: Mapping[str, str]
    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "warehouse" / "warehouse.ANALYTICS.duckdb"

    def land(self, table: str, columns: Mapping[str, str], rows: int, *, day: date, start: int = 0) -> None:
        """Append `rows` rows to a bronze table; expressions see their number, from `start`, as `n`."""
        columns = {
            **columns,
            "_op": "'insert'",
            "_position": f"'{day}/' || lpad(n::varchar, 12, '0')",
            "_partition": f"'{day}'",
            "_loaded_at": f"'{day} 12:00:00'",
        }
        numbers = (
            f"select row_number() over (order by 1) - 1 + {start} as n "
            f"from table(generator(rowcount => {rows}))"
        )
        self.bronze.execute(
            f"insert into {table} ({', '.join(columns)}) select {', '.join(columns.values())} "
            f"from ({numbers}) as numbers"
        )

    def run(self, name: str, *arguments: str, day: date, project: Path | None = None) -> Build:
        """Run dbt as of a day and time it."""
        dbt = Dbt(dict(self.environment), self.folder / "dbt", *([project] if project else []))
        began = time.perf_counter()
        dbt(*arguments, partition=day)
        wall = time.perf_counter() - began
        results = json.loads((dbt.folder / "target" / "run_results.json").read_text())["results"]
        return Build(name, wall, {one["unique_id"].split(".")[2]: one["execution_time"] for one in results})


@contextmanager
def own_warehouse(folder: Path) -> Iterator[OwnWarehouse]:
    """Serve a warehouse whose state is in `folder`; stop it afterwards."""
    state = folder / "warehouse"
    state.mkdir()
    with warehouse(state, "--memory-limit", MEMORY) as server, empty_bronze(server.port) as bronze:
        yield OwnWarehouse(bronze, environment(server.port), folder)
