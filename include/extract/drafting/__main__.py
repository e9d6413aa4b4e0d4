"""Drafts a source contract: ``DSN=... python -m include.extract.drafting NAME [schema.table ...]``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from include.contracts import ContractError, load_source
from include.extract.cdc.catalogue import check_tables
from include.extract.drafting.catalogue import read_catalogue
from include.extract.drafting.contract import Answers, NotDraftableError, draft
from include.extract.errors import SourceError

# Beside the contracts in force, not among them: what is there stops every DAG until it has been reviewed.
DRAFTS = Path(__file__).parents[2] / "contracts" / "drafts"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code. The database is read in one read-only transaction."""
    parser = argparse.ArgumentParser(prog="python -m include.extract.drafting", description=__doc__)
    parser.add_argument("name", help="of the source: its contract, connection and bronze schema")
    parser.add_argument("tables", nargs="*", help="schema.table; without any, every table that can be read")
    parser.add_argument("--owner", help="the team that answers for the source")
    parser.add_argument("--channel", help="its Slack channel, such as #core-banking")
    parser.add_argument("--folder", type=Path, default=DRAFTS, help=f"where to write; default {DRAFTS}")
    given = parser.parse_args(arguments)
    try:
        path = write_draft(
            os.environ.get("DSN", ""),
            Answers(
                given.name,
                **{key: getattr(given, key) for key in ("owner", "channel") if getattr(given, key)},
            ),
            given.tables,
            given.folder,
        )
    except (NotDraftableError, ContractError, SourceError, psycopg.Error) as problem:
        sys.stderr.write(f"{str(problem).strip()}\nNo contract was written.\n")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


def write_draft(dsn: str, answers: Answers, tables: Sequence[str], folder: Path) -> Path:
    """Write `folder/<name>.yaml` and return its path; what is left out is said on standard error.

    The file is there only if the contracts' own reader takes it and the source would take its publication.

    Args:
        dsn: a connection string; empty, libpq's own environment (PGHOST, PGSERVICE, ...) is used.

    Raises:
        NotDraftableError, ContractError, SourceError: a contract cannot be drafted as asked.
        psycopg.Error: the database cannot be reached or read.
    """
    path = folder / f"{answers.name}.yaml"
    if path.exists():
        raise NotDraftableError(f"{path} is there already and may have been reviewed: move it away first")
    with psycopg.connect(dsn, application_name="governed-analytics draft") as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        connection.execute("set local search_path = pg_catalog")
        drafted = draft(read_catalogue(connection), answers, tables)
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder) as scratch:
            unchecked = Path(scratch) / path.name
            unchecked.write_text(drafted.text, encoding="utf-8")
            check_tables(connection, load_source(unchecked, draft=True))
            unchecked.rename(path)
    for sentence in drafted.left_out:
        sys.stderr.write(f"{sentence}\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
