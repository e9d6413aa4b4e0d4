from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
STARTS = """
import sys, threading
sys.argv = ["airflow", {component!r}]
from plugins.warm_start import MODULES, BeforeWorkersFork
BeforeWorkersFork().on_starting(component=None)
print(all(module in sys.modules for module in MODULES), any(module in sys.modules for module in MODULES))
print(threading.active_count())
"""


def starting(component: str) -> list[str]:
    return subprocess.run(
        [sys.executable, "-c", STARTS.format(component=component)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()[-2:]


def test_the_scheduler_imports_what_tasks_need_and_no_thread_is_left_to_be_lost_in_a_fork() -> None:
    assert starting("scheduler") == ["True True", "1"]


def test_other_components_start_without() -> None:
    assert starting("triggerer") == ["False False", "1"]
