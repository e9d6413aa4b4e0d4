"""One partition through the real scheduler: bronze DAGs, then the medallion their assets start."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from include.contracts import load_sources
from include.sandbox.airflow_api import AirflowApi, Run, Task
from include.sandbox.lifecycle import SandboxError

MEDALLION = "medallion"
POLL_SECONDS = 1.0
# The scheduler starts a partitioned run on the loop after the last asset event; a minute is a slow machine.
HANDOVER_SECONDS = 60
RUN_SECONDS = 1200


@dataclass
class DailyRun:
    """Takes partitions through Airflow and tells ``say`` what happens, stage by stage."""

    api: AirflowApi
    say: Callable[[str], None]
    confs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def run(self, partition: str, *, again: bool = False) -> None:
        """Load and publish one partition. What an earlier, killed attempt finished is not repeated.

        Args:
            partition: key ``YYYY-MM-DD``.
            again: run every stage even where it has succeeded before.

        Raises:
            SandboxError: a run failed; the message names the task and the page to open.
        """
        self.finish(self.start_bronze(partition, again=again))
        self.finish_medallion(partition, again=again)

    def finish_medallion(self, partition: str, *, again: bool = False) -> None:
        """Wait for the run that the partition's assets started."""
        self.finish([self._medallion(partition, again=again)])

    def start_bronze(self, partition: str, *, again: bool = False) -> list[Run]:
        """Start (or find under way, or find done) one bronze run per source."""
        return [
            self._adopt_or_trigger(contract.dag_id, partition, again=again)
            for contract in load_sources().values()
        ]

    def finish(self, runs: Sequence[Run]) -> None:
        """Wait for runs to end, telling their stages as they end."""
        told: set[tuple[str, str]] = set()
        waiting = [run for run in runs if run.active]
        give_up = time.monotonic() + RUN_SECONDS
        while waiting:
            time.sleep(POLL_SECONDS)
            for run in waiting:
                self._tell_stages(run, told)
            waiting = [now for run in waiting if (now := self.api.run(run.dag_id, run.run_id)).active]
            if waiting and time.monotonic() > give_up:
                stuck = ", ".join(self.api.link(run) for run in waiting)
                raise SandboxError(f"still running after {RUN_SECONDS} s: {stuck}")
        for run in runs:
            self._tell_end(self.api.run(run.dag_id, run.run_id))

    def _medallion(self, partition: str, *, again: bool) -> Run:
        """The run that the partition's assets started, or one triggered by key.

        Reprocessing a part of the upstream partitions leaves Airflow waiting for the others (1 of 4), so a
        partition whose bronze was not loaded whole just now needs the trigger.
        """
        give_up = time.monotonic() + HANDOVER_SECONDS
        while time.monotonic() < give_up:
            runs = self.api.runs(MEDALLION, partition)
            if runs and (runs[0].active or (runs[0].state == "success" and not again)):
                return runs[0]
            time.sleep(POLL_SECONDS)
        return self.api.trigger(MEDALLION, partition, {})

    def _adopt_or_trigger(self, dag_id: str, partition: str, *, again: bool) -> Run:
        runs = self.api.runs(dag_id, partition)
        if runs and (runs[0].active or (runs[0].state == "success" and not again)):
            return runs[0]
        source = dag_id.removeprefix("bronze_")
        return self.api.trigger(dag_id, partition, self.confs.get(source, {}))

    def _tell_stages(self, run: Run, told: set[tuple[str, str]]) -> None:
        """One line per stage of the medallion when all its tasks have ended."""
        if run.dag_id != MEDALLION:
            return
        by_stage = sorted(self.api.tasks(run), key=_stage)
        for stage, members in groupby(by_stage, key=_stage):
            tasks = list(members)
            done = sum(task.state == "success" for task in tasks)
            if done == len(tasks) and (run.run_id, stage) not in told:
                told.add((run.run_id, stage))
                seconds = max(task.seconds or 0.0 for task in tasks)
                size = f"{len(tasks)} tasks, " if len(tasks) > 1 else ""
                self.say(f"  {run.partition}  {stage:<24} {size}{seconds:.1f} s")

    def _tell_end(self, run: Run) -> None:
        if run.state != "success":
            failed = [task.task_id for task in self.api.tasks(run) if task.state == "failed"]
            raise SandboxError(
                f"{run.dag_id} {run.partition} ended {run.state}"
                f" (failed: {', '.join(failed) or 'none'}); open {self.api.link(run)}"
            )
        parts = ""
        if run.dag_id != MEDALLION:
            parts = "  ".join(f"{task.task_id} {task.seconds or 0.0:.1f}" for task in self.api.tasks(run))
        self.say(f"{run.partition}  {run.dag_id:<28} {run.seconds or 0.0:6.1f} s  {parts}")


def _stage(task: Task) -> str:
    return task.task_id.split(".", 1)[0]
