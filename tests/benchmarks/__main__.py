"""Measure, and write docs/BENCHMARKS.md: `make bench`, or a part of it: `make bench PART=api`.

Results are kept, so a part that is measured again replaces its own table and leaves the others.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.benchmarks import cdc, customers, day, identities, loads, report
from tests.benchmarks.contender import REPOSITORY, Run

KEPT = REPOSITORY / "tests" / "benchmarks" / "results"
PAGE = REPOSITORY / "docs" / "BENCHMARKS.md"
FEW, MANY = 1_200_000, 10_000_000
ROWS = 500_000
PEOPLE = (100, 100_000)
RECORDS = 1_000_000
CUSTOMERS = 1_000_000
EVENTS_PER_CUSTOMER = 50
DEBEZIUM_NOTE = (
    "Debezium does less here: it hands each change to Python as JSON, which is written as a line; nothing is "
    "typed, staged or loaded. A part of what it takes is the crossing from Java to Python, which this way of "
    "running it cannot avoid. Ours includes the source's own count and checksum of every table, which the "
    "audit needs."
)


def main() -> int:
    """Measure the parts asked for, one after the other."""
    arguments = _parser().parse_args()
    for part in arguments.part or PARTS:
        _say(f"{part}: measuring")
        result = PARTS[part](arguments) | report.machine()
        KEPT.mkdir(exist_ok=True)
        (KEPT / f"{part}.json").write_text(json.dumps(result, indent=1) + "\n")
    PAGE.write_text(page())
    _say(f"wrote {PAGE.relative_to(REPOSITORY)}")
    return 0


def page() -> str:
    """The page that the kept results make."""
    kept = [KEPT / f"{part}.json" for part in PARTS]
    return report.written([json.loads(file.read_text()) for file in kept if file.exists()])


def _changes(arguments: argparse.Namespace) -> dict[str, Any]:
    with _scratch() as folder, cdc.prepared(folder, FEW) as bench:
        contenders = {
            "floor": bench.floor,
            "ours": bench.ours,
            "debezium": lambda: bench.debezium(str(arguments.peers.absolute())),
        }
        runs = _rounds(arguments.rounds, contenders)
    return _race(
        f"{FEW:,} changes of pgbench, from a replication slot",
        bench.changes,
        "changes",
        runs,
        DEBEZIUM_NOTE,
    )


def _many_changes(arguments: argparse.Namespace) -> dict[str, Any]:
    with _scratch() as folder, cdc.prepared(folder, MANY) as bench:
        runs = _rounds(max(1, arguments.rounds // 3), {"floor": bench.floor, "ours": bench.ours})
    note = "Without Debezium, which would take its minutes ten times over. What counts here is memory."
    return _race(
        f"{MANY:,} changes of pgbench, from a replication slot", bench.changes, "changes", runs, note
    )


def _api(arguments: argparse.Namespace) -> dict[str, Any]:
    with _scratch() as folder, loads.an_api(folder, ROWS // 5) as load:
        runs = _rounds(arguments.rounds, _of(load))
    title = f"{load.rows:,} records of an API, in pages of 200"
    return _race(title, load.rows, "records", runs, "The API answers from memory, on the same cores.")


def _file(arguments: argparse.Namespace) -> dict[str, Any]:
    with _scratch() as folder, loads.a_file(folder, ROWS) as load:
        runs = _rounds(arguments.rounds, _of(load))
    return _race(f"{load.rows:,} rows of a dropped CSV file", load.rows, "rows", runs, "")


def _day(arguments: argparse.Namespace) -> dict[str, Any]:  # noqa: ARG001
    days = []
    for people in PEOPLE:
        with _scratch() as folder:
            days.append(asdict(day.day(folder, people)))
    return {"kind": "day", "title": "A day through all fourteen bronze DAGs", "days": days}


def _identity(arguments: argparse.Namespace) -> dict[str, Any]:
    with _scratch() as folder:
        builds, outcome = identities.builds(folder, arguments.records)
    linked = ", ".join(f"{rule} {count:,}" for rule, count in outcome.items())
    return {
        "kind": "builds",
        "title": "Identity: the first build and the next day's",
        "data": f"{sum(outcome.values()):,} records of nine sources: {linked}. None is linked wrongly.",
        "builds": [asdict(build) for build in builds],
        "notes": [],
    }


def _customer(arguments: argparse.Namespace) -> dict[str, Any]:
    transactions = arguments.customers * EVENTS_PER_CUSTOMER
    with _scratch() as folder:
        done = customers.builds(folder, arguments.customers, transactions)
    return {
        "kind": "builds",
        "title": "dim_customer: the first build and the next day's",
        "data": f"{arguments.customers:,} customers, {transactions:,} transactions in a year; "
        f"{done.intervals:,} intervals.",
        "builds": [asdict(build) for build in done.builds],
        "together": ["int_customer__history", "dim_customer"],
        "peer": {
            "name": "dbt snapshot of the current customers",
            "builds": [asdict(one) for one in done.snapshots],
        },
        "notes": [
            "dbt's snapshot does less: it reads the finished current state of every customer from "
            "dim_customer and writes down what changed since it last looked. It knows no valid time, so "
            "what is late, corrected or withdrawn changes nothing before today.",
            "The floor: one statement of DuckDB, written for these rows alone, makes the same intervals from "
            f"the same bronze in {done.floor.seconds:.1f} s and {done.floor.memory >> 20:,} MB. It begins "
            "from nothing every day.",
        ],
    }


PARTS: Mapping[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "changes": _changes,
    "many_changes": _many_changes,
    "api": _api,
    "file": _file,
    "day": _day,
    "identity": _identity,
    "customer": _customer,
}


def _of(load: loads.Load) -> dict[str, Callable[[], Run]]:
    return {
        name: lambda name=name: load.contender(name)  # type: ignore[misc]
        for name in (load.floor, "load_a_day", load.peer)
    }


def _rounds(count: int, contenders: Mapping[str, Callable[[], Run]]) -> list[Run]:
    """Every contender once per round, so what the machine does meanwhile hits all of them."""
    runs = []
    for number in range(count):
        for name, contender in contenders.items():
            done = contender()
            _say(f"  round {number + 1}  {name:<16} {done.seconds:8.1f} s  {done.memory >> 20:6,} MB")
            runs.append(done)
    return runs


def _race(title: str, amount: int, unit: str, runs: list[Run], note: str) -> dict[str, Any]:
    return {
        "kind": "race",
        "title": title,
        "amount": amount,
        "unit": unit,
        "runs": [asdict(run) for run in runs],
        "note": note,
    }


@contextmanager
def _scratch() -> Iterator[Path]:
    """A folder on the checkout's own disk, gone afterwards; kept when measuring failed, for its logs."""
    root = REPOSITORY / ".sandbox" / "bench"
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root))
    yield folder
    shutil.rmtree(folder)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], help="all, unless some are named")
    parser.add_argument("--rounds", type=int, default=3, help="how often every contender runs")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help="of the part `customer`")
    parser.add_argument("--records", type=int, default=RECORDS, help="of the part `identity`")
    parser.add_argument("--peers", type=Path, required=True, help="the Python in which Debezium is installed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
