"""Bring the sandbox up, take it down, say what runs."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import httpx

from include.sandbox import airflow
from include.sandbox.postgres import Postgres
from include.sandbox.processes import Server, python_module
from include.sandbox.services.settings import LIMITS
from include.sandbox.state import REPOSITORY, State, port_is_free

BIN = Path(sys.executable).parent
START_SECONDS = 180
DATABASES = ("airflow", "core", "cards", "vendors")


class SandboxError(Exception):
    """Something in the sandbox did not do its part; the message says what and where to look."""


@dataclass(frozen=True)
class Sandbox:
    """All servers of one sandbox, in the order they need each other."""

    state: State

    @cached_property
    def postgres(self) -> Postgres:
        """PostgreSQL: core banking, the card ledger, the vendors' records and Airflow's metadata."""
        return Postgres(self.state.folder("postgres"), self.state.ports["postgres"])

    @cached_property
    def environment(self) -> dict[str, str]:
        """The environment of every process and command of this sandbox."""
        return airflow.environment(
            self.state,
            metadata_dsn=self.postgres.dsn("airflow"),
            databases={source: self.postgres.dsn(name) for source, name in airflow.DATABASES.items()},
        )

    @cached_property
    def warehouse(self) -> Server:
        """The Snowflake-protocol warehouse."""
        return self._python_server("warehouse", "--state", str(self.state.folder("warehouse")))

    @cached_property
    def services(self) -> Server:
        """The vendors' APIs and Slack."""
        folders = (f"data-docs={self.state.folder('data_docs')}", f"docs={REPOSITORY / 'docs'}")
        return self._python_server(
            "services",
            *("--dsn", self.postgres.dsn("vendors")),
            *(part for folder in folders for part in ("--folder", folder)),
        )

    @cached_property
    def airflow(self) -> list[Server]:
        """Airflow's own processes."""
        return airflow.servers(self.state, self.environment)

    def up(self, say: Callable[[str], None]) -> None:
        """Start what does not run. Returns when Airflow and every server answer.

        Raises:
            SandboxError: a server did not come up; the message ends with its log.
        """
        with self._alone():
            self._keep_ports()
            if not self.postgres.running():
                with _timed(say, "PostgreSQL"):
                    self.postgres.start()
                    for database in DATABASES:
                        self.postgres.create_database(database)
            for server, health in (
                (self.warehouse, f"{self.state.url('warehouse')}/health"),
                (self.services, f"{self.state.url('services')}/health"),
            ):
                if server.start():
                    with _timed(say, server.name):
                        _wait_until(partial(_answers, health), server)
            self._airflow_up(say)

    def down(self, say: Callable[[str], None]) -> None:
        """Stop everything, whatever state it is in; Airflow before the servers its tasks talk to."""
        for group in (self.airflow, (self.services, self.warehouse)):
            with ThreadPoolExecutor() as pool:
                for server, ran in zip(group, pool.map(Server.stop, group), strict=True):
                    if ran:
                        say(f"stopped {server.name}")
        if self.postgres.running():
            self.postgres.stop()
            say("stopped PostgreSQL")

    def running(self) -> dict[str, bool]:
        """Server name -> whether it runs."""
        parts = {"postgres": self.postgres.running()}
        for server in (self.warehouse, self.services, *self.airflow):
            parts[server.name] = server.process() is not None
        return parts

    def links(self) -> dict[str, str]:
        """What a person opens, by name."""
        return {
            "Airflow": self.state.url("airflow"),
            "Slack": f"{self.state.url('services')}/slack/",
            "Data Docs": f"{self.state.url('services')}/data-docs/",
        }

    def _airflow_up(self, say: Callable[[str], None]) -> None:
        if all(server.process() for server in self.airflow):
            return
        with _timed(say, "Airflow metadata, roles and schemas, dbt manifest"):
            self._run_all(
                [str(BIN / "airflow"), "db", "migrate"],
                python_module("include.warehouse.prepare", "--role", "ACCOUNTADMIN"),
                [str(BIN / "dbt"), "parse", "--project-dir", "dbt", "--profiles-dir", "dbt"],
            )
        with _timed(say, "Airflow"):
            for server in self.airflow:
                server.start()
            healthy = f"{self.state.url('airflow')}/api/v2/monitor/health"
            _wait_until(partial(_airflow_is_healthy, healthy), *self.airflow)

    def _run_all(self, *commands: list[str]) -> None:
        started = [
            subprocess.Popen(  # noqa: S603 -- argv is ours
                argv,
                env={**os.environ, **self.environment},
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for argv in commands
        ]
        for argv, process in zip(commands, started, strict=True):
            output, _ = process.communicate()
            if process.returncode:
                raise SandboxError(f"`{' '.join(argv)}` failed:\n{output[-4000:]}")

    def _python_server(self, part: str, *arguments: str) -> Server:
        port = str(self.state.ports[part])
        argv = python_module(f"include.sandbox.{part}", "--port", port, *arguments)
        env: Mapping[str, str] = {
            f"SANDBOX_{name.upper()}_SECRET": self.state.secrets[name] for name in LIMITS
        }
        return Server(
            part, self.state.folder("run"), argv, {**env, "PYTHONPATH": str(REPOSITORY)}, REPOSITORY
        )

    def _keep_ports(self) -> None:
        """Move a server whose remembered port a stranger has taken, while nothing of ours runs yet."""
        if any(self.running().values()):
            return
        moved = [name for name, port in self.state.ports.items() if not port_is_free(port)]
        for name in moved:
            self.state.move_port(name)
        if moved:
            for cached in ("postgres", "environment", "warehouse", "services", "airflow"):
                self.__dict__.pop(cached, None)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two `make up` at once: the second waits and then finds everything running."""
        with (self.state.folder("run") / "up.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextmanager
def _timed(say: Callable[[str], None], what: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    say(f"{what} ready in {time.monotonic() - begun:.1f} s")


def _wait_until(ready: Callable[[], bool], *servers: Server) -> None:
    give_up = time.monotonic() + START_SECONDS
    while not ready():
        for server in servers:
            if server.process() is None:
                raise SandboxError(
                    f"{server.name} ended while starting ({server.log}):\n{server.last_words()}"
                )
        if time.monotonic() > give_up:
            logs = ", ".join(str(server.log) for server in servers)
            raise SandboxError(f"no answer after {START_SECONDS} s; see {logs}")
        time.sleep(0.2)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False


def _airflow_is_healthy(url: str) -> bool:
    try:
        health = httpx.get(url, timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return False
    parts = ("metadatabase", "scheduler", "triggerer", "dag_processor")
    return all((health.get(part) or {}).get("status") == "healthy" for part in parts)
