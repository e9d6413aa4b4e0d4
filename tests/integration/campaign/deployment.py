"""A source under load, a warehouse, and runs whose steps are processes that get hurt on the way."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from include.contracts import SourceContract
from include.sandbox.postgres import Postgres
from tests.integration.campaign.child import STEPS, Task, end
from tests.integration.campaign.faults import Blow, Fault
from tests.integration.campaign.proxies import Gate, PostgresProxy, WarehouseProxy
from tests.integration.landing.server import WarehouseServer

TRIES = 4
STEP_SECONDS = 240


class StepFailedError(AssertionError):
    """A step did not succeed although nothing was broken any more; the message ends with its log."""


@dataclass
class Deployment:
    """Servers, the proxies that the steps know as servers, and the results of steps."""

    postgres: Postgres
    warehouse: WarehouseServer
    database: str
    contract: SourceContract
    folder: Path
    tries: int = 0
    _numbers: Any = field(default_factory=count)

    def __post_init__(self) -> None:
        self.to_postgres = PostgresProxy(self.postgres.port)
        self.to_warehouse = WarehouseProxy(self.warehouse.port)

    def close(self) -> None:
        self.to_postgres.close()
        self.to_warehouse.close()

    @property
    def environment(self) -> dict[str, str]:
        """What steps find: connections that lead through the proxies."""
        snowflake = json.loads(self.warehouse.connection)
        snowflake["extra"]["port"] = self.to_warehouse.port
        dsn = self.postgres.dsn(self.database).replace(
            f":{self.postgres.port}/", f":{self.to_postgres.port}/"
        )
        return {
            "AIRFLOW_CONN_SNOWFLAKE": json.dumps(snowflake),
            f"AIRFLOW_CONN_{self.contract.name.upper()}": f"{dsn}?sslmode=disable&gssencmode=disable",
        }

    def run(self, partition: str, fault: Fault | None = None, steps: tuple[str, ...] = STEPS) -> None:
        """All steps of a run, tried again as Airflow does until all are done; the fault strikes once."""
        self.tries = 0
        staged: Mapping[str, Any] | None = None
        at, struck = 0, fault is None
        while at < len(steps):
            step = steps[at]
            strikes = not struck and fault is not None and fault.place.step == step
            if step == "extract" and fault is not None and fault.place.leftovers:
                self._whole(self._task(step, partition, staged, None))
            task = self._task(step, partition, staged, fault if strikes else None)
            done = self._struck(task, fault) if strikes and fault else self._whole(task)
            self.tries += 1
            struck = struck or strikes
            if done:
                staged = task.result() if step == "extract" else staged
                at += 1
            elif fault is not None and fault.cleared:
                at, staged = 0, None
            assert self.tries < len(steps) * TRIES, f"{step} never ends:\n{self._log(task)}"
        assert struck, f"the run has no {fault.place.step}" if fault else ""

    def _task(self, step: str, partition: str, staged: Mapping[str, Any] | None, fault: Fault | None) -> Task:
        outcome = self.folder / f"{next(self._numbers):04d}_{step}.json"
        dies = fault.place.sql if fault and not fault.place.server else ""
        return Task(step, self.contract, partition, staged, self.environment, outcome, dies)

    def _whole(self, task: Task) -> bool:
        """A try that nothing disturbs."""
        process = task.start()
        process.join(STEP_SECONDS)
        end(process)
        if not task.outcome.exists():
            raise StepFailedError(f"{task.step} failed undisturbed:\n{self._log(task)}")
        return True

    def _struck(self, task: Task, fault: Fault) -> bool:
        """A try with the fault in it; whether it succeeded all the same."""
        with ExitStack() as stack:
            gate = None
            if fault.place.when is not None:
                proxy = self.to_postgres if fault.place.server == "postgres" else self.to_warehouse
                gate = stack.enter_context(
                    proxy.gate(Gate(fault.place.sql, fault.place.when, fault.place.nth))
                )
            process = task.start()
            if gate is not None:
                self._wait(gate, process, task, fault)
                self._strike(fault.blow, process)
                gate.open()
            process.join(STEP_SECONDS)
            assert process.exitcode is not None, f"{fault}: the step does not end:\n{self._log(task)}"
            if gate is None:
                assert process.exitcode < 0, f"{fault}: the place was not reached:\n{self._log(task)}"
        return task.outcome.exists()

    def _wait(self, gate: Gate, process: BaseProcess, task: Task, fault: Fault) -> None:
        give_up = time.monotonic() + STEP_SECONDS
        while not gate.reached.wait(0.02):
            assert process.is_alive(), f"{fault}: the place was not reached:\n{self._log(task)}"
            assert time.monotonic() < give_up, f"{fault}: the step stands still"

    def _strike(self, blow: Blow, process: BaseProcess) -> None:
        match blow:
            case Blow.KILL:
                end(process)
            case Blow.CUT:
                self.to_postgres.cut()
                self.to_warehouse.cut()
            case Blow.WAREHOUSE:
                self.warehouse.stop(signal.SIGKILL)
                self.warehouse.start()
            case Blow.POSTGRES:
                self.postgres.kill()
                self.postgres.start()

    @staticmethod
    def _log(task: Task) -> str:
        log = task.outcome.with_suffix(".log")
        return log.read_text()[-3000:] if log.exists() else "(no log)"
