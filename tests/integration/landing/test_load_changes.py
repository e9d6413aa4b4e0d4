"""Changes of a database land once, whatever stretches of them are read."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from snowflake.connector.cursor import SnowflakeCursor

from include.extract.batch import Batch
from include.landing import ledger
from include.landing.load import load
from include.landing.reconcile import reconcile
from tests.integration.landing.conftest import empty
from tests.integration.landing.loading import SLOW, bronze, staged
from tests.unit.landing.rows import contract, reviews

CDC = contract("cdc")


def changes(*positions: str) -> Batch:
    return reviews(*[(f"A{position}", "clear") for position in positions], positions=positions, op="insert")


def landed_changes(cursor: SnowflakeCursor, *positions: str, reach: str, day: int = 18) -> int:
    manifest = staged(
        cursor,
        *([changes(*positions)] if positions else []),
        source=CDC,
        reach=reach,
        day=date(2026, 11, day),
    )
    added = load(cursor, CDC, manifest, "test")["review"]
    reconcile(cursor, CDC, manifest)
    return added


def test_changes_up_to_the_last_landed_position_are_never_loaded_again(cursor: SnowflakeCursor) -> None:
    assert landed_changes(cursor, "01", "02", reach="02") == 2
    assert landed_changes(cursor, "01", "02", reach="02", day=19) == 0
    assert landed_changes(cursor, "02", "03", reach="03", day=20) == 1
    assert landed_changes(cursor, "04", reach="04", day=20) == 1
    assert bronze(cursor) == [(f"A{position}", "clear") for position in ("01", "02", "03", "04")]


@SLOW
@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 6)), max_size=6))
def test_changes_are_landed_once_whatever_stretches_are_read(
    cursor: SnowflakeCursor, stretches: list[tuple[int, int]]
) -> None:
    """Each stretch starts no later than where the last one ended, as a reader that was killed would start."""
    empty(cursor)
    reached = 0
    for back, length in stretches:
        first = max(0, reached - back)
        positions = [f"{number:02}" for number in range(first + 1, first + length + 1)]
        landed_changes(cursor, *positions, reach=positions[-1])
        reached = max(reached, first + length)
    assert [account for account, _ in bronze(cursor)] == [f"A{number:02}" for number in range(1, reached + 1)]
    assert ledger.last_position(cursor, CDC.name) == (f"{reached:02}" if reached else "")


def test_the_ledger_notes_how_far_was_read_also_without_rows(cursor: SnowflakeCursor) -> None:
    assert ledger.last_position(cursor, CDC.name) == ""
    for reach in ("05", "07", "07"):
        landed_changes(cursor, reach=reach)
        assert ledger.last_position(cursor, CDC.name) == reach
    landed_changes(cursor, "08", reach="09")
    assert ledger.last_position(cursor, CDC.name) == "09"
    assert landed_changes(cursor, "09", "10", reach="10") == 1
    assert landed_changes(cursor, "10", reach="12") == 0
    assert ledger.last_position(cursor, CDC.name) == "12"


def test_a_day_whose_changes_came_with_a_later_one_is_on_record(cursor: SnowflakeCursor) -> None:
    landed_changes(cursor, "01", reach="01", day=20)
    landed_changes(cursor, reach="01", day=19)
    found = cursor.execute("select partition::varchar, row_count from raw_control.load_ledger order by 1")
    assert found
    assert found.fetchall() == [("2026-11-19", 0), ("2026-11-20", 1)]
