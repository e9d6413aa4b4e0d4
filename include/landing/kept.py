"""What stays on a source's stage after bronze has a day: nothing, or the landed files of changes for a while.

A file or an API can be read again. A stream of changes has no past: once its source was told that bronze has
it, the landed files are the only other copy, and what a backfill of such a source is read from.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, timedelta

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.landing.ledger import LEDGER
from include.landing.manifest import Manifest
from include.landing.settings import keep_days

log = logging.getLogger(__name__)


def clear(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> None:
    """Take the partition's files off the stage, those of killed attempts included.

    Of a source of changes, files that the ledger names stay for `keep_days()`, and older partitions go.
    """
    if contract.kind != "cdc" or not keep_days():
        for table in contract.tables:
            _remove(cursor, contract, f"{table.name}/{manifest.partition}/")
        return
    oldest = date.fromisoformat(manifest.partition) - timedelta(days=keep_days())
    landed = _landed(cursor, contract, manifest)
    for path in staged_paths(cursor, contract):
        partition = path.split("/")[1]
        if partition < oldest.isoformat() or (partition == manifest.partition and path not in landed):
            _remove(cursor, contract, path)


def _landed(cursor: SnowflakeCursor, contract: SourceContract, manifest: Manifest) -> set[str]:
    cursor.execute(
        f"select file from {LEDGER} where source = %s and partition = %s::date and row_count > 0",  # noqa: S608
        (contract.name, manifest.partition),
    )
    return {file for (file,) in cursor.fetchall()}


def staged_paths(cursor: SnowflakeCursor, contract: SourceContract) -> Iterator[str]:
    """Paths below the source's stage. The warehouse lists them behind the stage's name."""
    cursor.execute(f"list @{contract.schema}.landing")
    for name, *_ in cursor.fetchall():
        yield name.partition("/")[2]


def _remove(cursor: SnowflakeCursor, contract: SourceContract, path: str) -> None:
    cursor.execute(f"remove @{contract.schema}.landing/{path}")
    log.info("%s: took %s off the stage", contract.name, path)
