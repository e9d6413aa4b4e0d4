"""Files travel to the stage while the next is written, and what arrives is what was extracted."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from snowflake.connector.cursor import SnowflakeCursor

from include.extract.batch import Batch
from include.landing import parquet, staging
from include.landing.manifest import LandingError, Manifest
from include.landing.parquet import Load
from include.landing.settings import FILE_MIB, file_bytes, keep_days
from include.landing.staging import stage
from tests.unit.landing.rows import PARTITION, contract, reviews

LOAD = Load(contract(), PARTITION, "run-1")
PATIENCE = 60  # seconds: only a fault makes a test wait so long
ONE_FILE_PER_BATCH = 1


class Watched:
    """A session of which a test sees each PUT before it begins, in whatever thread it runs."""

    def __init__(self, cursor: SnowflakeCursor, before_put: Any) -> None:
        self._cursor = cursor
        self._before_put = before_put
        self.puts = 0

    def execute(self, sql: str, *arguments: Any) -> Any:
        if sql.startswith("put"):
            self.puts += 1
            self._before_put(self.puts)
        return self._cursor.execute(sql, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def batches(count: int, asked: Sequence[threading.Event] = ()) -> Iterator[Batch]:
    """Batches of one row group each; notes which of them was asked for."""
    for number in range(count):
        if number < len(asked):
            asked[number].set()
        first = number * parquet.ROW_GROUP_ROWS
        yield reviews(*[("A1", "clear")] * parquet.ROW_GROUP_ROWS, first=first)


@pytest.fixture(autouse=True)
def small_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file for every few rows; the contract promises one row per key, which these tests do not keep."""
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 10)
    defaults = dict(parquet.write.__kwdefaults__, row_group_rows=10)
    monkeypatch.setattr(parquet.write, "__kwdefaults__", defaults)


def staged(session: Any, rows: Iterator[Batch]) -> Manifest:
    return stage(session, LOAD, rows, file_bytes=ONE_FILE_PER_BATCH)


def test_the_next_file_is_written_while_one_travels(cursor: SnowflakeCursor) -> None:
    asked = [threading.Event() for _ in range(3)]

    def first_waits_for_the_second(put: int) -> None:
        # Staged one after the other, the second batch would be asked for only once this PUT has ended.
        if put == 1:
            assert asked[1].wait(PATIENCE)

    manifest = staged(Watched(cursor, first_waits_for_the_second), batches(3, asked))
    assert [file.rows for file in manifest.of_table("review")] == [10, 10, 10]


def test_local_disk_holds_two_files_at_most(
    cursor: SnowflakeCursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging.tempfile, "tempdir", str(tmp_path))
    most = 0

    def count(_: int) -> None:
        nonlocal most
        most = max(most, len(list(tmp_path.rglob("*.parquet")) + list(tmp_path.rglob("*.partial"))))

    staged(Watched(cursor, count), batches(6))
    assert 1 <= most <= 2
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_does_not_arrive_stops_the_run(cursor: SnowflakeCursor) -> None:
    def second_fails(put: int) -> None:
        if put == 2:
            raise LandingError("the second file did not arrive")

    watched = Watched(cursor, second_fails)
    with pytest.raises(LandingError, match="second file did not arrive"):
        staged(watched, batches(20))
    assert watched.puts <= 3  # nothing goes on behind the error


def test_the_last_file_counts_too(cursor: SnowflakeCursor) -> None:
    def third_fails(put: int) -> None:
        if put == 3:
            raise LandingError("the last file did not arrive")

    with pytest.raises(LandingError, match="last file"):
        staged(Watched(cursor, third_fails), batches(3))


def test_a_source_that_fails_while_a_file_travels_fails_the_run(cursor: SnowflakeCursor) -> None:
    def broken() -> Iterator[Batch]:
        yield from batches(2)
        raise ConnectionError("the source is gone")

    with pytest.raises(ConnectionError, match="the source is gone"):
        staged(cursor, broken())


def test_a_file_is_known_by_the_hash_of_its_bytes(
    cursor: SnowflakeCursor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging.tempfile, "tempdir", str(tmp_path))
    hashes = []

    def look(_: int) -> None:
        (file,) = tmp_path.rglob("*.parquet")
        hashes.append(hashlib.sha256(file.read_bytes()).hexdigest())

    (file,) = staged(Watched(cursor, look), batches(1)).of_table("review")
    assert [file.file_sha256] == hashes


def test_rows_that_get_lost_on_the_way_into_files_are_noticed(
    cursor: SnowflakeCursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def loses_some(rows: Iterator[Batch], *arguments: Any, **options: Any) -> Iterator[Any]:
        return parquet.write((batch for number, batch in enumerate(rows) if number), *arguments, **options)

    monkeypatch.setattr(staging, "write", loses_some)
    with pytest.raises(LandingError, match="30 rows were extracted and 20 staged"):
        staged(cursor, batches(3))


def test_the_size_of_a_file_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    assert file_bytes() == 640 * 2**20
    monkeypatch.setenv(FILE_MIB, "900")
    assert file_bytes() == 900 * 2**20
    for wrong in ("0", "many", "-1"):
        monkeypatch.setenv(FILE_MIB, wrong)
        with pytest.raises(ValueError, match=f"{FILE_MIB} is '{wrong}'"):
            file_bytes()
    assert keep_days() == 35
