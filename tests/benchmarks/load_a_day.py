"""Contender: this project. The steps of a bronze run up to the commit, as Airflow's tasks call them.

python -m tests.benchmarks.load_a_day CONTRACT PARTITION
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from include.contracts import load_source
from include.extract.batch import Window
from include.ingest import steps
from tests.benchmarks.contender import Stopwatch


def main(path: str, partition: str) -> None:
    logging.getLogger("snowflake").setLevel(logging.WARNING)
    contract = load_source(Path(path))
    window = Window.of(partition)
    watch = Stopwatch()
    steps.prepare(contract, window)
    with watch.part("extract and stage"):
        manifest = steps.extract(contract, window, f"scheduled__{partition}")
    with watch.part("door"):
        steps.admit(contract, window, manifest)
    with watch.part("copy and commit"):
        added = steps.load(contract, manifest)
    watch.report(sum(added.values()))


if __name__ == "__main__":
    main(*sys.argv[1:])
