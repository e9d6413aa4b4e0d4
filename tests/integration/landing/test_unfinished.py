"""Tables of a snapshot are on record as soon as they are whole on the stage, and no sooner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowflake.connector.cursor import SnowflakeCursor

from include.extract.batch import Batch, row_schema
from include.landing.kept import staged_paths
from include.landing.manifest import LandingError, Manifest, StagedFile, StagedTable
from include.landing.parquet import Load, WrittenFile
from include.landing.staging import stage
from include.landing.unfinished import Unfinished, forget
from tests.integration.landing.conftest import empty
from tests.integration.landing.loading import SLOW
from tests.unit.landing.rows import PARTITION, contract, review_table, reviews

NAMES = ("first", "second", "third")
MANY = replace(contract("cdc"), tables=tuple(replace(review_table(), name=name) for name in NAMES))
LOAD = Load(MANY, PARTITION, "run-1")
ORIGIN = "slot one"


class Killed(Exception):  # noqa: N818
    """The try ends here."""


def whole(name: str, rows: int, reach: str) -> Iterator[Batch]:
    """A table as a snapshot brings it."""
    positions = [f"{reach}/{number:03}" for number in range(rows)]
    batch = reviews(*[(f"A{number}", "clear") for number in range(rows)], positions=positions, op="snapshot")
    yield replace(batch, table=name)
    yield Batch(name, row_schema(review_table()).empty_table(), completes=True)


def tried(cursor: SnowflakeCursor, batches: Iterator[Batch], reach: str) -> Manifest:
    unfinished = Unfinished(cursor, LOAD)
    return stage(
        cursor,
        LOAD,
        batches,
        reach=reach,
        kept=unfinished.tables(ORIGIN),
        completed=lambda table: unfinished.note(ORIGIN, table),
    )


def killed_in(cursor: SnowflakeCursor, last: str, reach: str = "01") -> None:
    """A first try, of which the end is in the middle of a table."""

    def batches() -> Iterator[Batch]:
        for number, name in enumerate(NAMES):
            table = whole(name, 3 + number, reach)
            yield next(table)
            if name == last:
                raise Killed
            yield from table

    with pytest.raises(Killed):
        tried(cursor, batches(), reach)


def test_a_table_is_on_record_once_its_files_are_on_the_stage(cursor: SnowflakeCursor) -> None:
    there: list[tuple[str, bool]] = []

    def look(table: StagedTable) -> None:
        staged = set(staged_paths(cursor, MANY))
        there.append((table.table, {file.name for file in table.files} <= staged))

    batches = [batch for name in NAMES for batch in whole(name, 3, "01")]
    stage(cursor, LOAD, batches, reach="01", completed=look)
    assert there == [(name, True) for name in NAMES]


def test_what_a_killed_try_has_staged_whole_is_in_the_manifest_of_the_next(cursor: SnowflakeCursor) -> None:
    killed_in(cursor, "third")
    kept = Unfinished(cursor, LOAD).tables(ORIGIN)
    assert {name: table.reach for name, table in kept.items()} == {"first": "01", "second": "01"}
    since = replace(reviews(("A9", "freeze"), positions=["02/001"], op="insert"), table="first")
    manifest = tried(cursor, iter([*whole("third", 5, "03"), since]), "03")

    assert manifest.rows == {"first": 4, "second": 4, "third": 5}
    assert {name: profile.rows for name, profile in manifest.profiles.items()} == manifest.rows
    assert manifest.of_table("first")[:-1] == kept["first"].files
    assert [file.last_position for file in manifest.of_table("first")] == ["01/002", "03"]
    # Nothing happened to the second since, so its one file speaks for as far as the source was read.
    assert manifest.of_table("second") == (replace(kept["second"].files[0], last_position="03"),)
    assert manifest.extracted_at == kept["first"].extracted_at
    assert {file.name for file in manifest.files} <= set(staged_paths(cursor, MANY))


@pytest.mark.parametrize(
    "other",
    [replace(LOAD, run_id="run-2"), replace(LOAD, partition=date(2026, 11, 19))],
    ids=["run", "partition"],
)
def test_no_other_run_and_no_other_origin_gets_them(cursor: SnowflakeCursor, other: Load) -> None:
    killed_in(cursor, "third")
    assert Unfinished(cursor, other).tables(ORIGIN) == {}
    assert Unfinished(cursor, LOAD).tables("slot two") == {}


def test_a_table_whose_files_are_gone_is_read_again(cursor: SnowflakeCursor) -> None:
    killed_in(cursor, "third")
    cursor.execute(f"remove @{MANY.schema}.landing/first/")
    assert list(Unfinished(cursor, LOAD).tables(ORIGIN)) == ["second"]


def test_of_two_readings_of_a_table_one_is_kept(cursor: SnowflakeCursor) -> None:
    killed_in(cursor, "second")
    killed_in(cursor, "second", reach="02")
    assert {name: table.reach for name, table in Unfinished(cursor, LOAD).tables(ORIGIN).items()} == {
        "first": "02"
    }


def test_a_record_that_is_forgotten_is_gone(cursor: SnowflakeCursor) -> None:
    killed_in(cursor, "third")
    for _ in range(2):
        forget(cursor, MANY)
    assert Unfinished(cursor, LOAD).tables(ORIGIN) == {}


def test_rows_that_got_lost_keep_a_table_off_the_record(
    cursor: SnowflakeCursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loses_all(_: SnowflakeCursor, __: str, files: Iterator[WrittenFile]) -> Iterator[StagedFile]:
        return (file.staged for file in files if not file.staged.rows)

    monkeypatch.setattr("include.landing.staging._sent", loses_all)
    with pytest.raises(LandingError, match="first: 3 rows were extracted and 0 staged"):
        tried(cursor, whole("first", 3, "01"), "01")
    assert Unfinished(cursor, LOAD).tables(ORIGIN) == {}


@SLOW
@given(st.lists(st.integers(0, 2), max_size=3))
def test_a_snapshot_in_tries_has_the_rows_of_one_that_was_left_alone(
    cursor: SnowflakeCursor, ends: list[int]
) -> None:
    empty(cursor)

    def left(reach: str, end: int | None) -> Iterator[Batch]:
        kept = Unfinished(cursor, LOAD).tables(ORIGIN)
        for number, name in enumerate(name for name in NAMES if name not in kept):
            for batch in whole(name, 4, reach):
                if number == end:
                    raise Killed
                yield batch

    for number, end in enumerate(ends):
        with suppress(Killed):
            tried(cursor, left(f"0{number}", end), f"0{number}")
    manifest = tried(cursor, left("09", None), "09")
    assert manifest.rows == dict.fromkeys(NAMES, 4)
    for name in NAMES:
        assert len({file.first_position for file in manifest.of_table(name)}) == 1
        assert manifest.of_table(name)[-1].last_position == "09"
