"""dbt's artefacts of each run on a stage, in the layout from which catalogues' dbt connectors read.

    @governance.dbt_artifacts/<partition>/<run>/manifest.json, catalog.json     as published
    @governance.dbt_artifacts/<partition>/<run>/<stage>/run_results.json        silver, test_silver, gold ...
    @governance.dbt_artifacts/latest/...                                        the same files of the last run

A file is written over when its task runs again. Those of earlier runs stay: they say what was built and
tested for a figure that has left the house.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snowflake.connector.cursor import SnowflakeCursor

from include.governance.evidence import Stage, stage_of
from include.warehouse.prepare import ARTIFACTS as STAGE
from include.warehouse.session import Warehouse

DESCRIBING = ("manifest.json", "catalog.json")
RESULTS = "run_results.json"

log = logging.getLogger(__name__)


class NotKeptError(Exception):
    """A file did not reach the stage. Says which."""


def keep_description_task(project_dir: str, *, context: Any) -> None:
    """Cosmos' callback after `dbt docs generate`: keep what describes the models and their tables."""
    stage = stage_of(context["ti"])
    with Warehouse().cursor() as cursor:
        keep(cursor, Path(project_dir) / "target", DESCRIBING, stage, folder="")


def keep_results_task(project_dir: str, *, context: Any) -> None:
    """Cosmos' callback after dbt: keep its results. A model's own task holds one model's and keeps nothing.

    dbt has done its work by then: a stage that cannot be written to is logged and stops nothing.
    """
    ti = context["ti"]
    if "." in ti.task_id and not ti.task_id.endswith("_watcher"):
        return
    target, stage = Path(project_dir) / "target", stage_of(ti)
    if not (target / RESULTS).exists():
        return
    try:
        with Warehouse().cursor() as cursor:
            keep(cursor, target, (RESULTS,), stage, folder=stage.name)
    except Exception:
        log.exception("%s of %s was not kept on @%s", RESULTS, stage.name, STAGE)


def keep(cursor: SnowflakeCursor, target: Path, names: Iterable[str], stage: Stage, *, folder: str) -> None:
    """Put files of `target` on the stage, below the run's folder and below `latest`. Raises NotKeptError."""
    cursor.execute("create schema if not exists governance")
    cursor.execute(f"create stage if not exists {STAGE}")
    run = f"{stage.partition}/{re.sub(r'[^A-Za-z0-9_.-]', '_', stage.run_id)}"
    for name in names:
        file = target / name
        json.loads(file.read_text(encoding="utf-8"))  # half a file is worse than none
        for place in (run, "latest"):
            where = "/".join(part for part in (place, folder) if part)
            cursor.execute(f"put 'file://{file}' '@{STAGE}/{where}' auto_compress=false overwrite=true")
            answer = cursor.fetchone() or ()
            if "UPLOADED" not in answer:
                raise NotKeptError(f"{file} did not reach @{STAGE}/{where}: {answer}; try again")
