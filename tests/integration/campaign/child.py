"""A step of a bronze run in a process of its own, which may be killed at any moment for good.

Processes are forked from a server that has imported what they need, so that each starts at once.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from include.contracts import SourceContract

IN_PUT, RETURNED = "in PUT", "returned"
STEPS = ("prepare", "extract", "admit", "load", "audit", "confirm")

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    ["include.ingest.steps", "include.quality.bronze", "tests.integration.campaign.child"]
)


@dataclass(frozen=True)
class Task:
    """One run of one step.

    Attributes:
        staged: the manifest, as tasks hand it on; None until there is one.
        environment: the connections.
        outcome: the file that the step's result goes to, once it is done.
        dies: where the process ends itself: `IN_PUT`, with the file on the stage made but not filled, or
            `RETURNED`, with the step done and its result told to nobody.
    """

    step: str
    contract: SourceContract
    partition: str
    staged: Mapping[str, Any] | None
    environment: Mapping[str, str]
    outcome: Path
    dies: str = ""

    def start(self) -> BaseProcess:
        process = _processes.Process(target=_work, args=(self,), daemon=True)
        process.start()
        return process

    def result(self) -> Any:
        return json.loads(self.outcome.read_text())


def _work(task: Task) -> None:
    os.environ.update(task.environment)
    with task.outcome.with_suffix(".log").open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    if task.dies == IN_PUT:
        sys.addaudithook(_die_in_put)
    try:
        result = _step(task)
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    if task.dies == RETURNED:
        _die()
    fresh = task.outcome.with_suffix(".new")
    fresh.write_text(json.dumps(result, default=str))
    fresh.rename(task.outcome)


def _step(task: Task) -> Any:
    from include.extract.batch import Window
    from include.ingest import steps
    from include.landing.manifest import Manifest

    run_id = f"scheduled__{task.partition}"
    match task.step:
        case "prepare":
            return steps.prepare(task.contract, Window.of(task.partition))
        case "extract":
            return steps.extract(task.contract, Window.of(task.partition), run_id).to_json()
    assert task.staged is not None
    manifest = Manifest.from_json(task.staged)
    match task.step:
        case "admit":
            return steps.admit(task.contract, Window.of(task.partition), manifest)
        case "load":
            return steps.load(task.contract, manifest)
        case "audit":
            return steps.audit(task.contract, manifest, run_id).rows
        case "confirm":
            return steps.confirm(task.contract, manifest)
    raise ValueError(task.step)


def _die_in_put(event: str, arguments: tuple[Any, ...]) -> None:
    """The connector makes the file on the stage at its full size, then opens it again to fill it."""
    if event == "open" and arguments[1] in ("r+", "rb+") and str(arguments[0]).endswith(".parquet"):
        _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def end(process: BaseProcess) -> None:
    """Kill it if it lives; it is gone afterwards."""
    with suppress(ProcessLookupError):
        process.kill()
    process.join()
