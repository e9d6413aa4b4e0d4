"""`raw_control.staged_table`: tables of a snapshot that are on the stage while others are still being read.

A try of an extract that goes on where an earlier one was killed finds there what it need not read again. The
record lives until the run's next step has the manifest; from then on extracting again means reading again.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.landing.kept import staged_paths
from include.landing.manifest import StagedTable
from include.landing.parquet import Load

STAGED_TABLE = "raw_control.staged_table"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Unfinished:
    """The record of one run. Each row in its files has its id and partition, so no other run can use them."""

    cursor: SnowflakeCursor
    load: Load

    def tables(self, origin: str) -> dict[str, StagedTable]:
        """What earlier tries of this run have staged whole, of a snapshot with this origin."""
        self.cursor.execute(
            f"select staged from {STAGED_TABLE} where source = %s and partition = %s::date and run_id = %s "  # noqa: S608
            "and origin = %s order by reach",
            (self.load.contract.name, self.load.partition.isoformat(), self.load.run_id, origin),
        )
        # Of a table that is there twice, since a try taken for dead went on, the later reading has less to
        # catch up with.
        found = [StagedTable.from_json(json.loads(staged)) for (staged,) in self.cursor.fetchall()]
        if not found:
            return {}
        there = set(staged_paths(self.cursor, self.load.contract))
        return {table.table: table for table in found if there >= {file.name for file in table.files}}

    def note(self, origin: str, table: StagedTable) -> None:
        """This table need not be read again."""
        self.cursor.execute(
            f"insert into {STAGED_TABLE} (source, table_name, partition, run_id, contract_version, origin, "
            "reach, staged) select %s, %s, %s::date, %s, %s, %s, %s, %s",
            (
                self.load.contract.name,
                table.table,
                self.load.partition.isoformat(),
                self.load.run_id,
                self.load.contract.version,
                origin,
                table.reach,
                json.dumps(table.to_json()),
            ),
        )
        log.info("%s.%s: whole on the stage", self.load.contract.name, table.table)


def forget(cursor: SnowflakeCursor, contract: SourceContract) -> None:
    """Whoever extracts the source from now on reads all its tables. Can be repeated."""
    cursor.execute(f"delete from {STAGED_TABLE} where source = %s", (contract.name,))  # noqa: S608
