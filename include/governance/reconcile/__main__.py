"""Hold a legacy extract against the mart that replaces it: `make reconcile FILE=weekly.yaml`.

The file says which columns belong together; docs/reconcile-old-and-new.md explains it. Exit code 0: they
agree within tolerance; 1: they differ; 2: they could not be compared.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from snowflake.connector.cursor import SnowflakeCursor

from include.governance.reconcile.compare import Findings, all_differences, compare
from include.governance.reconcile.plan import ReconcileError
from include.governance.reconcile.plan_file import read_plan
from include.governance.reconcile.renderings import as_html, as_markdown, as_text, write_csv
from include.governance.reconcile.report import headline, sections
from include.warehouse.session import CONNECTION, Warehouse, WarehouseUnavailableError

FORMATS = (".html", ".md", ".csv")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line. Returns the exit code."""
    given = _arguments(arguments)
    try:
        plan = read_plan(given.file)
        with Warehouse(given.connection).cursor() as cursor:
            findings = compare(
                cursor, plan, first=given.first, last=given.last, samples=given.samples, step=_progress()
            )
            for path in given.report:
                _write(path, cursor, findings)
    except (ReconcileError, WarehouseUnavailableError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    sys.stdout.write("\n".join(as_text(headline(findings), sections(findings))) + "\n")
    for path in given.report:
        sys.stdout.write(f"written: {path}\n")
    return int(findings.open > 0)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m include.governance.reconcile",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, help="the reconciliation file (YAML)")
    parser.add_argument("--from", dest="first", type=_day, help="first day; default: the extract's first")
    parser.add_argument(
        "--to", dest="last", type=_day, help="last day, included; default: the extract's last"
    )
    parser.add_argument(
        "--report", type=_report, action="append", default=[],
        help="file to write: .html and .md hold the report, .csv every difference; may be repeated",
    )  # fmt: skip
    parser.add_argument("--samples", type=int, default=5, help="samples per column and cause; default: 5")
    parser.add_argument(
        "--connection", default=CONNECTION, help=f"Airflow connection of the warehouse; default: {CONNECTION}"
    )
    return parser.parse_args(arguments)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as 2026-11-20") from None


def _report(text: str) -> Path:
    path = Path(text)
    if path.suffix not in FORMATS:
        raise argparse.ArgumentTypeError(f"{text!r} ends in none of {', '.join(FORMATS)}")
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {path.parent}; make it first")
    return path


def _progress() -> Callable[[str], None]:
    began = time.monotonic()

    def tell(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - began:6.1f} s  {what}\n")

    return tell


def _write(path: Path, cursor: SnowflakeCursor, findings: Findings) -> None:
    title = f"Old against new: {findings.plan.path.stem}"
    with path.open("w", encoding="utf-8", newline="") as out:
        if path.suffix == ".csv":
            write_csv(findings.plan, all_differences(cursor, findings.plan), out)
            return
        told = headline(findings), sections(findings)
        lines = (
            as_markdown(title, *told)
            if path.suffix == ".md"
            else as_html(title, *told, agree=not findings.open)
        )
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # the report alone belongs on the terminal
    sys.exit(main())
