"""Background servers by pid file: start once, find again, stop with all their children."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

STOP_SECONDS = 15


@dataclass(frozen=True)
class Server:
    """One long-running process of the sandbox. ``folder`` holds its pid file and its log."""

    name: str
    folder: Path
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder / f"{self.name}.log"

    def start(self) -> bool:
        """Start it unless it runs. True if this call started it."""
        if self.process() is not None:
            return False
        # Children of a killed leader may hold its connections open, and with them its locks.
        self.stop()
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            # A session of its own: Ctrl-C reaches the command line alone, which then stops the group.
            started = subprocess.Popen(  # noqa: S603 -- argv is ours
                self.argv,
                env={**os.environ, **self.env},
                cwd=self.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        # A pid alone may be reused by a stranger after a crash; with its birth time it names one process.
        birth = psutil.Process(started.pid).create_time()
        self._pid_file.write_text(json.dumps({"pid": started.pid, "created": birth}))
        return True

    def process(self) -> psutil.Process | None:
        """The running process, or None."""
        try:
            noted = json.loads(self._pid_file.read_text())
            found = psutil.Process(noted["pid"])
            alive = found.create_time() == noted["created"] and found.status() != psutil.STATUS_ZOMBIE
        except (FileNotFoundError, psutil.NoSuchProcess, json.JSONDecodeError):
            return None
        return found if alive else None

    def stop(self) -> bool:
        """Stop it and its children; SIGKILL what is left after a while. True if something ran."""
        leader = self.process()
        family = self._family(leader)
        for member in family:
            _signal(member, signal.SIGTERM)
        _, stubborn = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for member in stubborn:
            _signal(member, signal.SIGKILL)
        psutil.wait_procs(stubborn, timeout=STOP_SECONDS)
        self._pid_file.unlink(missing_ok=True)
        return bool(family)

    def last_words(self, lines: int = 15) -> str:
        """The end of its log, for an error message."""
        if not self.log.exists():
            return "(no log)"
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def _pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    def _family(self, leader: psutil.Process | None) -> list[psutil.Process]:
        """The leader, its descendants, and what they orphaned: whoever shares the leader's session."""
        if leader is not None:
            session = leader.pid
            family = {leader, *leader.children(recursive=True)}
        elif self._pid_file.exists():
            session = json.loads(self._pid_file.read_text())["pid"]
            family = set()
            # The kernel gives a pid out again only when nobody is left in the session it names.
            if psutil.pid_exists(session) and psutil.Process(session).status() != psutil.STATUS_ZOMBIE:
                return []
        else:
            return []
        for other in psutil.process_iter():
            try:
                if other.pid != os.getpid() and os.getsid(other.pid) == session:
                    family.add(other)
            except (ProcessLookupError, PermissionError):
                continue
        return list(family)


def python_module(name: str, *arguments: str) -> list[str]:
    """The argv that runs a module with this interpreter."""
    return [sys.executable, "-m", name, *arguments]


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
