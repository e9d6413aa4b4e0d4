"""dbt builds in a sandbox warehouse of their own, timed per model, on bronze that SQL writes inside it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import snowflake.connector

from tests.benchmarks.contender import REPOSITORY
from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt

START_SECONDS = 120
MEMORY = "12GB"
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
    with _served(folder) as port, _connected(port) as connection:
        bronze = Bronze(connection)
        bronze.execute("create database if not exists analytics")
        bronze.create()
        yield OwnWarehouse(bronze, _environment(port), folder)


@contextmanager
def _served(folder: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    arguments = ("--port", str(port), "--state", str(folder / "warehouse"), "--memory-limit", MEMORY)
    with (folder / "warehouse.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "include.sandbox.warehouse", *arguments],
            stdout=log,
            stderr=log,
            cwd=REPOSITORY,
        )
    try:
        give_up_at = time.monotonic() + START_SECONDS
        while not _healthy(port):
            if server.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"the warehouse did not start: see {folder / 'warehouse.log'}")
            time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def _healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def _connected(port: int) -> Iterator[snowflake.connector.SnowflakeConnection]:
    with snowflake.connector.connect(
        account="sandbox",
        user="test",
        password="test",
        host="127.0.0.1",
        port=port,
        protocol="http",
        database="ANALYTICS",
        schema="PUBLIC",
        role="SYSADMIN",
    ) as connection:
        yield connection


def _environment(port: int) -> dict[str, str]:
    return {
        "SNOWFLAKE_ACCOUNT": "sandbox",
        "SNOWFLAKE_USER": "test",
        "SNOWFLAKE_PASSWORD": "test",
        "SNOWFLAKE_HOST": "127.0.0.1",
        "SNOWFLAKE_PORT": str(port),
        "SNOWFLAKE_PROTOCOL": "http",
        "SNOWFLAKE_DATABASE": "ANALYTICS",
        "SNOWFLAKE_ROLE": "SYSADMIN",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
