"""The sandbox's PostgreSQL starts, survives and stops as the sandbox needs it to."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from include.sandbox.postgres import UNPRIVILEGED, Postgres

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Postgres]]:
    """Makes servers below a folder that only its owner may enter."""
    tmp_path.chmod(0o700)
    made = []

    def make(name: str) -> Postgres:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            server = Postgres(tmp_path / name, probe.getsockname()[1])
        made.append(server)
        return server

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def server(make: Callable[[str], Postgres]) -> Postgres:
    started = make("one")
    started.start()
    return started


def ask(server: Postgres, question: str, database: str = "postgres") -> object:
    with psycopg.connect(server.dsn(database), autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchone()[0] if cursor.description else None


def main_process(server: Postgres) -> psutil.Process:
    return psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))


def test_it_is_ready_for_logical_replication_and_speaks_utc(server: Postgres) -> None:
    assert ask(server, "show wal_level") == "logical"
    assert ask(server, "show timezone") == "UTC"
    assert ask(server, "show server_encoding") == "UTF8"
    assert ask(server, "show fsync") == "on"


def test_it_listens_on_loopback_only_and_wants_the_password(server: Postgres) -> None:
    listening = [
        connection.laddr.ip
        for connection in main_process(server).net_connections(kind="all")
        if connection.status == psutil.CONN_LISTEN or connection.family == socket.AF_UNIX
    ]
    assert listening == ["127.0.0.1"]
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(host="127.0.0.1", port=server.port, user="postgres", dbname="postgres")
    assert (server.state / "password").stat().st_mode & 0o077 == 0


def test_it_never_runs_as_root(server: Postgres) -> None:
    expected = UNPRIVILEGED if os.geteuid() == 0 else os.geteuid()
    assert main_process(server).uids().real == expected
    assert server.data.stat().st_uid == expected


def test_starting_and_stopping_twice_is_once(server: Postgres) -> None:
    pid = main_process(server).pid
    server.start()
    assert main_process(server).pid == pid
    server.stop()
    assert not server.running()
    server.stop()
    server.start()
    assert server.running()


def test_making_a_database_twice_is_once(server: Postgres) -> None:
    server.create_database("core")
    ask(server, "create table kept (id int)", "core")
    server.create_database("core")
    assert ask(server, "select count(*) from kept", "core") == 0


def test_it_outlives_the_process_that_started_it_and_stops_for_another(
    make: Callable[[str], Postgres],
) -> None:
    server = make("one")
    start = "import sys, pathlib; from include.sandbox.postgres import Postgres; "
    start += "Postgres(pathlib.Path(sys.argv[1]), int(sys.argv[2])).start()"
    argv = [sys.executable, "-c", start, str(server.state), str(server.port)]
    subprocess.run(argv, cwd=REPOSITORY, check=True, start_new_session=True)
    assert server.running()
    assert os.getsid(main_process(server).pid) != os.getsid(0)
    server.stop()
    assert not server.running()


def test_committed_data_survives_a_kill_of_everything(server: Postgres) -> None:
    ask(server, "create table kept as select generate_series(1, 1000)")
    server.kill()
    assert not server.running()
    server.start()
    assert ask(server, "select count(*) from kept") == 1000


def test_it_starts_although_a_session_of_the_killed_server_still_works(server: Postgres) -> None:
    with psycopg.connect(server.dsn("postgres")) as busy:
        backend = psutil.Process(busy.info.backend_pid)
        busy.pgconn.send_query(b"select count(*) from generate_series(1, 10000000000)")
        main_process(server).kill()
        give_up = time.monotonic() + 10
        while server.running():  # a signal takes a moment
            assert time.monotonic() < give_up
            time.sleep(0.01)
        assert backend.is_running()
        server.start()
        assert not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE
        busy.close()
    assert ask(server, "select 1") == 1


def test_it_starts_although_a_stranger_got_the_number_of_its_dead_process(
    server: Postgres, make: Callable[[str], Postgres]
) -> None:
    stranger = make("two")
    stranger.start()
    file = server.data / "postmaster.pid"
    _, *rest = file.read_text().split("\n")
    server.kill()
    file.write_text("\n".join([str(main_process(stranger).pid), *rest]))
    assert not server.running()
    server.start()
    assert ask(server, "select 1") == 1


def test_half_made_data_is_made_again(make: Callable[[str], Postgres]) -> None:
    server = make("one")
    (server.state / "data.new").mkdir(parents=True)
    (server.state / "data.new" / "PG_VERSION").write_text("18\n")
    server.start()
    assert ask(server, "select 1") == 1


def test_two_checkouts_run_side_by_side(server: Postgres, make: Callable[[str], Postgres]) -> None:
    other = make("two")
    other.start()
    ask(server, "create database mine")
    assert ask(other, "select count(*) from pg_database where datname = 'mine'") == 0
    other.kill()
    assert ask(server, "select 1") == 1
