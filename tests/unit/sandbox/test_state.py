"""A sandbox keeps its ports and secrets, and two of them share neither."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

from include.sandbox.state import SERVERS, State


def test_ports_are_remembered(tmp_path: Path) -> None:
    assert State(tmp_path).ports == State(tmp_path).ports


def test_every_server_has_a_port_of_its_own(tmp_path: Path) -> None:
    ports = State(tmp_path).ports
    assert set(ports) == set(SERVERS)
    assert len(set(ports.values())) == len(SERVERS)


def test_two_checkouts_get_other_ports_while_both_serve(tmp_path: Path) -> None:
    first = State(tmp_path / "a")
    taken = []
    for port in first.ports.values():
        server = socket.socket()
        server.bind(("127.0.0.1", port))
        server.listen()
        taken.append(server)
    try:
        assert not set(State(tmp_path / "b").ports.values()) & set(first.ports.values())
    finally:
        for server in taken:
            server.close()


def test_a_port_that_a_stranger_took_is_replaced_and_remembered(tmp_path: Path) -> None:
    state = State(tmp_path)
    before = state.ports["services"]
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", before))
        stranger.listen()
        state.move_port("services")
    assert state.ports["services"] != before
    assert State(tmp_path).ports == state.ports


def test_secrets_are_made_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    made = State(tmp_path).secrets
    assert State(tmp_path).secrets == made
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert State(tmp_path / "other").secrets["jwt"] != made["jwt"]
