"""Changes of pgbench, from a replication slot to committed bronze, against the floor and against Debezium.

All contenders read the same changes: each gets a copy of one slot, which nobody moves. The warehouse goes
back to its state before the changes for every run of ours.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import psycopg

from include.contracts import CdcRead, SourceContract
from include.extract.batch import Window
from include.extract.drafting.__main__ import main as draft
from include.ingest import steps
from include.sandbox.postgres import Postgres
from tests.benchmarks.contender import Run, run
from tests.integration.campaign.drafted import reviewed
from tests.integration.campaign.pgbench import ADD_A_KEY, TABLES, Pgbench
from tests.integration.landing.server import WarehouseServer

ORIGIN, COPY = "bench_origin", "bench_copy"
BEFORE, DAY = "2026-11-17", "2026-11-18"
CLIENTS = 4
IDENTIFIER_KEY = {"conn_type": "generic", "login": "bench-1", "password": "ab" * 32}


@dataclass(frozen=True)
class Bench:
    """A source with changes waiting in its slot, and bronze as it was before them."""

    folder: Path
    source: Pgbench
    contract: SourceContract
    before: Path  # the warehouse's state
    changes: int

    def floor(self) -> Run:
        """The source decodes and counts; nothing leaves it."""
        return run("count_at_server", ORIGIN, self._read.publication, log=self._log, env=self._env)

    def ours(self) -> Run:
        """To committed bronze. Raises AssertionError unless bronze has every change, once."""
        self._copy_slot(self._read.slot)
        with tempfile.TemporaryDirectory(dir=self.folder) as state:
            shutil.copytree(self.before, state, dirs_exist_ok=True)
            with warehouse(Path(state)) as server:
                env = connections(server) | {"AIRFLOW_CONN_PGBENCH": self.source.dsn}
                done = run("load_a_day", str(self.contract.path), DAY, log=self._log, env=env)
        assert done.done == self.changes, f"bronze has {done.done} of {self.changes} changes"
        return done

    def debezium(self, python: str) -> Run:
        """To lines in a file."""
        self._copy_slot(COPY)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            arguments = (COPY, self._read.publication, str(self.changes), folder)
            return run("debezium", *arguments, log=self._log, env=self._env, python=python)

    @property
    def _read(self) -> CdcRead:
        return self.contract.read_as(CdcRead)

    @property
    def _log(self) -> Path:
        return self.folder / "contenders.log"

    @property
    def _env(self) -> Mapping[str, str]:
        return {"DSN": self.source.dsn}

    def _copy_slot(self, name: str) -> None:
        with psycopg.connect(self.source.dsn, autocommit=True) as connection:
            connection.execute(
                "select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = %s",
                [name],
            )
            connection.execute("select pg_copy_logical_replication_slot(%s, %s)", [ORIGIN, name])


@contextmanager
def prepared(folder: Path, changes: int) -> Iterator[Bench]:
    """A source that has made so many changes (a multiple of 16) since bronze was loaded."""
    with ExitStack() as stack:
        postgres = Postgres(folder / "postgres", free_port())
        postgres.start()
        stack.callback(postgres.kill)
        postgres.create_database("pgbench")
        source = Pgbench(postgres.dsn("pgbench"))
        transactions = changes // len(TABLES)
        source.create(scale=max(1, transactions // 100_000))
        source.execute(ADD_A_KEY)
        before = folder / "warehouse"
        before.mkdir()
        with warehouse(before) as server:
            env = connections(server) | {"AIRFLOW_CONN_PGBENCH": source.dsn, "DSN": source.dsn}
            with mock.patch.dict(os.environ, env):
                contract = _contract(folder)
                _load_what_is_there(contract)
        with psycopg.connect(source.dsn, autocommit=True) as connection:
            slot = contract.read_as(CdcRead).slot
            connection.execute("select pg_copy_logical_replication_slot(%s, %s)", [slot, ORIGIN])
        source.transact(folder, transactions, CLIENTS)
        yield Bench(folder, source, contract, before, transactions * len(TABLES))


@contextmanager
def warehouse(state: Path, *options: str) -> Iterator[WarehouseServer]:
    """The sandbox's warehouse over a folder."""
    server = WarehouseServer(state, options=options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def connections(server: WarehouseServer) -> dict[str, str]:
    """What every step finds in its environment, beside its source's own connection."""
    return {
        "AIRFLOW_CONN_SNOWFLAKE": server.connection,
        "AIRFLOW_CONN_IDENTIFIER_KEY": json.dumps(IDENTIFIER_KEY),
        "CODE_VERSION": "bench",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _contract(folder: Path) -> SourceContract:
    """As `make contract-from-postgres` drafts it, and a person signs it off."""
    owner = ("--owner", "bench-team", "--channel", "#bench")
    assert draft(["pgbench", *(f"public.{name}" for name in TABLES), *owner, "--folder", str(folder)]) == 0
    return reviewed(folder / "pgbench.yaml")


def _load_what_is_there(contract: SourceContract) -> None:
    window = Window.of(BEFORE)
    steps.prepare(contract, window)
    manifest = steps.extract(contract, window, f"scheduled__{BEFORE}")
    steps.load(contract, manifest)
    steps.confirm(contract, manifest)
