from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from include.sandbox.postgres import Postgres


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL of our own, with nothing in it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Postgres(tmp_path_factory.mktemp("postgres"), port)
    server.start()
    yield server
    server.kill()
