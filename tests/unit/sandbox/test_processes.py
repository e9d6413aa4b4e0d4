"""Servers are found by pid file, started once and stopped with everything they started."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from include.sandbox.processes import Server

PARENT_OF_A_STUBBORN_CHILD = """
import signal, subprocess, sys, time
child = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); time.sleep(600)"
)
subprocess.Popen([sys.executable, "-c", child])
time.sleep(600)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server("sleeper", tmp_path, [sys.executable, "-c", "import time; time.sleep(600)"], {}, tmp_path)
    yield made
    made.stop()


def test_a_second_start_changes_nothing(server: Server) -> None:
    assert server.start()
    running = server.process()
    assert not server.start()
    assert server.process() == running


def test_a_stopped_server_is_gone_and_can_start_again(server: Server) -> None:
    server.start()
    process = server.process()
    assert process is not None
    assert server.stop()
    assert not process.is_running()
    assert not server.stop()
    assert server.start()


def test_a_reused_pid_is_not_taken_for_the_server(server: Server, tmp_path: Path) -> None:
    (tmp_path / "sleeper.pid").write_text(json.dumps({"pid": os.getpid(), "created": 1.0}))
    assert server.process() is None
    assert not server.stop()


def test_start_ends_what_a_killed_leader_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed scheduler's workers hold its database connection open, and with it the rows it had locked."""
    monkeypatch.setattr("include.sandbox.processes.STOP_SECONDS", 1)
    family = Server("family", tmp_path, [sys.executable, "-c", PARENT_OF_A_STUBBORN_CHILD], {}, tmp_path)
    family.start()
    parent = family.process()
    assert parent is not None
    give_up = time.monotonic() + 20
    while "deaf" not in family.last_words() and time.monotonic() < give_up:
        time.sleep(0.05)
    (child,) = parent.children()
    parent.kill()
    parent.wait(timeout=5)
    assert family.start()
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE
    family.stop()


def test_stop_ends_children_that_ignore_sigterm_even_after_the_parent_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("include.sandbox.processes.STOP_SECONDS", 1)
    family = Server("family", tmp_path, [sys.executable, "-c", PARENT_OF_A_STUBBORN_CHILD], {}, tmp_path)
    family.start()
    parent = family.process()
    assert parent is not None
    give_up = time.monotonic() + 20
    while "deaf" not in family.last_words() and time.monotonic() < give_up:
        time.sleep(0.05)
    (child,) = parent.children()
    parent.kill()
    parent.wait(timeout=5)
    assert psutil.pid_exists(child.pid)
    family.stop()
    assert not psutil.pid_exists(child.pid) or child.status() == psutil.STATUS_ZOMBIE
