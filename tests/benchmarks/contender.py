"""One contender in a process of its own, which measures itself: seconds, peak memory, what it did.

The process times its work alone: starting an interpreter or a Java machine is left out, for every contender.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
MEMORY = "12GB"
"""What DuckDB may take, on either side, where a million customers are built."""


class ContenderFailedError(Exception):
    """A contender ended without a result; the message names its log."""


@dataclass(frozen=True)
class Run:
    """One contender, once.

    Attributes:
        seconds: of its work.
        memory: peak resident bytes of its process.
        done: the changes, rows or records it handled, counted by itself.
        parts: seconds per part of the work, where it has parts.
    """

    contender: str
    seconds: float
    memory: int
    done: int
    parts: Mapping[str, float] = field(default_factory=dict)


def run(
    contender: str, *arguments: str, log: Path, env: Mapping[str, str], python: str = sys.executable
) -> Run:
    """Run a module of this folder by its name, and read its result.

    Args:
        log: what it says goes here.
        env: connections.
        python: of another environment; what runs there may import nothing of this project.

    Raises:
        ContenderFailedError: it ended without a result.
    """
    script = str(Path(__file__).with_name(f"{contender}.py"))
    ours = python == sys.executable
    with log.open("ab") as errors:
        process = subprocess.run(
            [python, *(["-m", f"{__package__}.{contender}"] if ours else [script]), *arguments],
            cwd=REPOSITORY if ours else log.parent,  # a peer may write its own log where it stands
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=errors,
            check=False,
        )
    if process.returncode:
        raise ContenderFailedError(f"{contender} ended with {process.returncode}, see {log}")
    result = json.loads(process.stdout.splitlines()[-1])
    return Run(contender, **result)


class Stopwatch:
    """Seconds per part of the work."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.parts[name] = self.parts.get(name, 0.0) + time.perf_counter() - began

    def report(self, done: int) -> None:
        """Say the result, as the last line of this process."""
        result = {"seconds": sum(self.parts.values()), "memory": peak_memory(), "done": done}
        sys.stdout.write(json.dumps({**result, "parts": self.parts}) + "\n")


def peak_memory() -> int:
    """Peak resident bytes of this process. Not `ru_maxrss`: that counts the parent's at the fork, too."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ContenderFailedError("this system does not tell the peak of a process's memory")
