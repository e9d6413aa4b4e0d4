"""What changed between two versions of a source contract, and who reads what changed.

`python -m include.governance.contract_diff kyc --from main` holds the file as it is now against the one of a
git revision; `--to` names another revision. Both also take the path of a file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from include.contracts import ContractError, SourceContract, load_source
from include.governance.contract_changes import WEIGHTS, Change, changes, version_too_low
from include.governance.contract_consumers import Manifest
from include.warehouse.dbt_project import target_path

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = "include/contracts/sources"


class NoSuchVersionError(Exception):
    """A version of a contract is not there. Says which, and what to give instead."""


def contract_at(source: str, version: str, repository: Path = REPOSITORY) -> SourceContract:
    """A source's contract in a file, in a git revision, or (`version` empty) as it stands now.

    Raises NoSuchVersionError or ContractError.
    """
    name = f"{SOURCES}/{source}.yaml"
    if not version:
        if not (repository / name).exists():
            raise NoSuchVersionError(f"there is no {name}; give the name of a source, such as kyc")
        return load_source(repository / name)
    if Path(version).is_file():
        text = Path(version).read_bytes()
    else:
        shown = subprocess.run(  # noqa: S603 -- no shell, and git takes no command from a revision
            ["git", "show", "--end-of-options", f"{version}:{name}"],  # noqa: S607
            cwd=repository,
            capture_output=True,
            check=False,
        )
        if shown.returncode:
            reason = shown.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise NoSuchVersionError(
                f"{version!r} is neither a file nor a git revision with {name} ({' '.join(reason)}); give "
                "one of these"
            )
        text = shown.stdout
    with TemporaryDirectory() as folder:  # a contract is named by its file
        copy = Path(folder) / f"{source}.yaml"
        copy.write_bytes(text)
        return load_source(copy)


def report(
    old: SourceContract, new: SourceContract, found: Sequence[Change], consumers: Manifest | str
) -> Iterator[str]:
    """Lines for a person. `consumers` is a sentence where nobody knows them."""
    yield f"{new.name}: version {old.version} -> {new.version}"
    for weight in WEIGHTS:
        of_weight = [change for change in found if change.weight == weight]
        if of_weight:
            yield ""
            yield weight.upper()
        for change in of_weight:
            yield f"  {change.where}: {change.what}"
            if weight != "editorial":
                yield from _readers(old, new, change, consumers)
    yield ""
    counted = (f"{sum(change.weight == weight for change in found)} {weight}" for weight in WEIGHTS)
    yield ", ".join(counted) if found else "no difference"
    if version_too_low(old, new, list(found)):
        yield (
            "A breaking change raises the first number of the version: "
            f"{old.version} -> {new.version} does not."
        )
    if isinstance(consumers, str) and found:
        yield consumers


def _readers(
    old: SourceContract, new: SourceContract, change: Change, consumers: Manifest | str
) -> Iterator[str]:
    if isinstance(consumers, str):
        return
    tables = [change.table] if change.table else [table.name for table in old.tables]
    for table in tables:
        if not any(table == known.name for known in old.tables):
            continue  # nobody reads what is new
        of_table = table if change.column == "" else ""
        if change.column and any(change.column == known.name for known in old.table(table).columns):
            yield f"      read by {consumers.of_column(new, table, change.column)}"
        elif of_table:
            prefix = "" if change.table else f"{table} "
            yield f"      {prefix}read by {consumers.of_table(new, table)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 0, 1 where `--fail-on` asks for it, 2 when a version cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m include.governance.contract_diff", description=__doc__)
    parser.add_argument("source", help="name of a source contract, such as kyc")
    parser.add_argument(
        "--from", dest="old", default="HEAD", help="git revision or file; default: the last commit"
    )
    parser.add_argument("--to", dest="new", default="", help="the same; default: the file as it is")
    parser.add_argument("--fail-on", choices=["breaking", "additive"], help="exit with 1 from this weight on")
    parser.add_argument("--manifest", type=Path, help="dbt's manifest.json; default: the project's own")
    given = parser.parse_args(arguments)
    try:
        old, new = contract_at(given.source, given.old), contract_at(given.source, given.new)
    except (NoSuchVersionError, ContractError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    found = changes(old, new)
    consumers: Manifest | str
    try:
        consumers = Manifest(given.manifest or target_path() / "manifest.json")
    except FileNotFoundError as problem:
        consumers = f"Who reads the source is not known: {problem}."
    sys.stdout.write("\n".join(report(old, new, found, consumers)) + "\n")
    failing = WEIGHTS[: WEIGHTS.index(given.fail_on) + 1] if given.fail_on else ()
    return int(any(change.weight in failing for change in found))


if __name__ == "__main__":
    sys.exit(main())
