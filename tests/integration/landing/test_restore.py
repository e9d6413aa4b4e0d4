"""Rows that bronze lost are put back from their landed files, and from nothing else."""

from __future__ import annotations

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.landing import checksum
from include.landing.kept import clear
from include.landing.load import load
from include.landing.manifest import LandingError
from include.landing.restore import restore
from tests.integration.landing.loading import TABLE, staged
from tests.integration.landing.test_load_changes import CDC, changes


def test_lost_rows_come_back_as_they_were_and_no_others(cursor: SnowflakeCursor) -> None:
    first = staged(cursor, changes("01", "02", "03"), source=CDC, reach="03")
    load(cursor, CDC, first, "test")
    # Read again from 02 on, as after a kill: of this file only 04 was new.
    second = staged(cursor, changes("02", "03", "04"), source=CDC, reach="04", run="run-2")
    load(cursor, CDC, second, "test")
    clear(cursor, CDC, second)
    review = CDC.table("review")
    before = checksum.of_partition(cursor, CDC, review, second.partition)
    assert before.rows == 4
    assert restore(cursor, CDC, second) == {}
    cursor.execute(f"delete from {TABLE} where _position in ('02', '04')")
    assert restore(cursor, CDC, second) == {"review": 2}
    assert checksum.of_partition(cursor, CDC, review, second.partition) == before
    cursor.execute(f"remove @{CDC.schema}.landing")
    cursor.execute(f"delete from {TABLE} where _position = '03'")
    with pytest.raises(LandingError, match=r"lacks rows of .*with resnapshot"):
        restore(cursor, CDC, second)
