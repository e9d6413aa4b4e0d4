"""Writes what derives from the contracts: ``python -m include.contracts.generate [--check]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from include.contracts.errors import REPOSITORY, ContractError
from include.contracts.generate.files import derived, stale, write
from include.contracts.odcs import load_sources
from include.contracts.signatures import load_metric_contract


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m include.contracts.generate", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 if a derived file is stale"
    )
    parser.add_argument(
        "--root", type=Path, default=REPOSITORY, help="repository to write to; default: this one"
    )
    given = parser.parse_args(arguments)
    try:
        files = derived(load_sources(), load_metric_contract())
    except ContractError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if given.check:
        behind = stale(given.root, files)
        for name in behind:
            sys.stderr.write(
                f"{name}: is not what the contracts say; run make contracts and commit the result\n"
            )
        return 1 if behind else 0
    for name in write(given.root, files):
        sys.stdout.write(f"{'wrote' if name in files else 'removed'} {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
