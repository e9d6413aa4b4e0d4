from __future__ import annotations

import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from snowflake.connector.cursor import SnowflakeCursor

from include.extract.batch import Batch
from include.landing import ledger
from include.landing.kept import clear
from include.landing.load import load
from include.landing.manifest import LandingError
from include.landing.parquet import Load
from include.landing.reconcile import reconcile
from include.landing.staging import stage
from include.warehouse.session import Warehouse
from tests.integration.landing.conftest import empty
from tests.integration.landing.loading import SLOW, TABLE, bronze, landed, ledger_rows, staged
from tests.integration.landing.server import WarehouseServer
from tests.unit.landing.rows import PARTITION, Review, contract, reviews

decisions = st.sampled_from(["freeze", "review", "clear"])
readings = st.lists(st.tuples(st.sampled_from(["A1", "A2", "A3", "A'4\n"]), decisions), max_size=5)


@SLOW
@given(readings)
def test_loading_twice_is_loading_once(cursor: SnowflakeCursor, rows: list[Review]) -> None:
    empty(cursor)
    assert landed(cursor, rows, "run-1") == len(rows)
    assert landed(cursor, rows, "run-2") == 0
    assert bronze(cursor) == rows
    assert len(ledger_rows(cursor)) == 1


@SLOW
@given(st.lists(readings, min_size=1, max_size=4))
def test_another_reading_appends_what_differs_and_nothing_is_lost(
    cursor: SnowflakeCursor, several: list[list[Review]]
) -> None:
    empty(cursor)
    expected = Counter(several[0])
    for number, rows in enumerate(several):
        new = Counter({row: count for row, count in Counter(rows).items() if row not in expected})
        if number:
            expected += new
        assert landed(cursor, rows, f"run-{number}") == (len(rows) if not number else new.total())
        assert Counter(bronze(cursor)) == expected
    positions = cursor.execute(f"select count(*), count(distinct _position) from {TABLE}")
    assert positions
    ((rows_held, different),) = positions.fetchall()
    assert rows_held == different == expected.total()


def test_new_rows_of_another_reading_stand_behind_what_was_read_before(cursor: SnowflakeCursor) -> None:
    landed(cursor, [("A1", "freeze"), ("A2", "freeze")])
    landed(cursor, [("A1", "clear"), ("A2", "freeze"), ("A3", "review")], "run-2")
    assert bronze(cursor) == [("A1", "freeze"), ("A2", "freeze"), ("A1", "clear"), ("A3", "review")]
    assert ledger_rows(cursor) == [
        (2, "2026-11-18/0000000000", "2026-11-18/0000000001"),
        (2, "2026-11-18/0000000002", "2026-11-18/0000000003"),
    ]


def test_a_row_says_where_it_came_from(cursor: SnowflakeCursor) -> None:
    landed(cursor, [("A1", "freeze")])
    found = cursor.execute(
        "select _partition, _run_id, _op, _position, l.file = b._file, l.contract_version, "
        "l.code_version, l.run_id, abs(datediff(second, _loaded_at, l.loaded_at)) < 60 "
        f"from {TABLE} b join raw_control.load_ledger l on l.partition = b._partition"
    )
    assert found
    assert found.fetchall() == [
        (PARTITION, "run-1", "read", "2026-11-18/0000000000", True, "1.0.0", "test", "run-1", True)
    ]


def test_the_same_rows_of_another_day_are_that_days(cursor: SnowflakeCursor) -> None:
    landed(cursor, [("A1", "freeze")])
    manifest = staged(cursor, reviews(("A1", "freeze")), day=date(2026, 11, 19))
    assert load(cursor, contract(), manifest, "test") == {"review": 1}
    assert len(bronze(cursor)) == 2


def test_a_day_without_rows_is_on_record_once(cursor: SnowflakeCursor) -> None:
    for run in ("run-1", "run-2"):
        assert load(cursor, contract(), staged(cursor, run=run), "test") == {"review": 0}
    assert ledger_rows(cursor) == [(0, None, None)]
    assert ledger.last_partition(cursor, contract().name) == "2026-11-18"


def test_null_and_text_are_told_apart_between_readings(cursor: SnowflakeCursor) -> None:
    landed(cursor, [("A1", "freeze")])
    batch = reviews(("A1", "freeze"))
    reason = batch.rows.schema.get_field_index("reason")
    other = Batch("review", batch.rows.set_column(reason, "reason", [["because"]]))
    for expected in (1, 0):
        assert load(cursor, contract(), staged(cursor, other, run="run-2"), "test") == {"review": expected}


def test_many_files_are_loaded_as_one(cursor: SnowflakeCursor) -> None:
    rows = [(f"A{number:03}", "clear") for number in range(250)]
    for run, expected in (("run-1", 250), ("run-2", 0)):
        batches = (reviews(*rows[at : at + 50], first=at) for at in range(0, 250, 50))
        manifest = stage(cursor, Load(contract(), PARTITION, run), batches, file_bytes=1)
        assert load(cursor, contract(), manifest, "test") == {"review": expected}
    assert bronze(cursor) == rows


class Killed(BaseException):
    """Stands for the process dying: no handler of ours catches it."""


class DyingCursor:
    """A session whose process dies at a statement; the warehouse sees the connection go, nothing else."""

    def __init__(self, statement: int) -> None:
        self._connection = Warehouse().get_conn()
        self._cursor = self._connection.cursor()
        self._left = statement
        self.statements: list[str] = []

    def execute(self, sql: str, *arguments: object) -> object:
        if self._left == 0:
            self._connection.close()
            raise Killed
        self._left -= 1
        self.statements.append(sql)
        return self._cursor.execute(sql, *arguments)  # type: ignore[arg-type]

    def close(self) -> None:
        self._connection.close()

    def __getattr__(self, name: str) -> object:
        return getattr(self._cursor, name)


@pytest.mark.parametrize("second", [False, True], ids=["first reading", "second reading"])
def test_killed_before_any_statement_and_run_again_the_rows_are_there_once(
    cursor: SnowflakeCursor, second: bool
) -> None:
    before = [("A1", "freeze")] if second else []
    after = [("A1", "freeze"), ("A2", "clear")]
    at = 0
    while True:
        empty(cursor)
        if before:
            landed(cursor, before, "run-0")
        manifest = staged(cursor, reviews(*after))
        dying = DyingCursor(at)
        try:
            load(dying, contract(), manifest, "test")  # type: ignore[arg-type]
        except Killed:
            assert bronze(cursor) == before, dying.statements
            assert len(ledger_rows(cursor)) == len(before), dying.statements
        else:
            dying.close()
            break
        load(cursor, contract(), manifest, "test")
        assert bronze(cursor) == after, dying.statements
        reconcile(cursor, contract(), manifest)
        at += 1
    assert any(statement.startswith("copy") for statement in dying.statements)
    assert dying.statements[-1] == "commit"


def test_a_warehouse_killed_after_copy_holds_nothing_of_it(
    server: WarehouseServer, cursor: SnowflakeCursor
) -> None:
    landed(cursor, [("A1", "freeze")])
    manifest = staged(cursor, reviews(("A2", "clear")), day=date(2026, 11, 19))
    cursor.execute("begin")
    cursor.execute(
        f"copy into {TABLE} from @raw_drop_account_reviews.landing files = ('{manifest.files[0].name}') "
        "file_format = (type = parquet) match_by_column_name = case_insensitive force = true"
    )
    server.stop(signal.SIGKILL)
    server.start()
    with Warehouse().cursor() as again:
        assert bronze(again) == [("A1", "freeze")]
        assert load(again, contract(), manifest, "test") == {"review": 1}
        assert len(bronze(again)) == 2
        reconcile(again, contract(), manifest)


def test_staged_rows_that_do_not_all_arrive_are_refused_whole(cursor: SnowflakeCursor) -> None:
    manifest = staged(cursor, reviews(("A1", "freeze")))
    wrong = replace(manifest, files=(replace(manifest.files[0], rows=2),))
    with pytest.raises(LandingError, match="took 1 rows of 2"):
        load(cursor, contract(), wrong, "test")
    assert bronze(cursor) == []
    assert ledger_rows(cursor) == []


def test_files_that_are_not_on_the_stage_are_refused(cursor: SnowflakeCursor) -> None:
    manifest = staged(cursor, reviews(("A1", "freeze")))
    clear(cursor, contract(), manifest)
    with pytest.raises(Exception, match=r"took 0 rows of 1|does not exist|not found"):
        load(cursor, contract(), manifest, "test")
    assert ledger_rows(cursor) == []


def test_a_load_waits_for_the_one_under_way_and_then_sees_what_it_loaded(cursor: SnowflakeCursor) -> None:
    """Two runs of one manifest, as when a worker that was taken for dead goes on beside its successor."""
    manifest = staged(cursor, reviews(("A1", "freeze")))
    with ThreadPoolExecutor(1) as pool, Warehouse().cursor() as first, Warehouse().cursor() as second:
        first.execute("begin")
        first.execute(f"update raw_control.lock_{contract().name} set run_id = 'first'")
        waiting = pool.submit(load, second, contract(), manifest, "test")
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        first.execute(
            f"copy into {TABLE} from @raw_drop_account_reviews.landing files = ('{manifest.files[0].name}') "
            "file_format = (type = parquet) match_by_column_name = case_insensitive force = true"
        )
        ledger.record(
            first,
            manifest,
            manifest.files[0],
            rows=1,
            first_position=manifest.files[0].first_position,
            last_position=manifest.files[0].last_position,
            code_version="test",
        )
        first.execute("commit")
        assert waiting.result(timeout=60) == {"review": 0}
    assert bronze(cursor) == [("A1", "freeze")]


def test_a_row_removed_by_hand_is_noticed(cursor: SnowflakeCursor) -> None:
    manifest = staged(cursor, reviews(("A1", "freeze"), ("A2", "clear")))
    load(cursor, contract(), manifest, "test")
    assert reconcile(cursor, contract(), manifest) == {"review": 2}
    cursor.execute(f"delete from {TABLE} where account_id = 'A1'")
    with pytest.raises(LandingError, match="review holds 1 rows, the ledger says 2"):
        reconcile(cursor, contract(), manifest)


def test_a_manifest_that_was_not_loaded_is_noticed(cursor: SnowflakeCursor) -> None:
    manifest = staged(cursor, reviews(("A1", "freeze")))
    with pytest.raises(LandingError, match=r"review lacks review/2026-11-18/"):
        reconcile(cursor, contract(), manifest)


def test_a_stage_is_cleared_of_a_partition_and_of_no_other(cursor: SnowflakeCursor) -> None:
    other = staged(cursor, reviews(("A1", "freeze")), day=date(2026, 11, 19))
    clear(cursor, contract(), staged(cursor, reviews(("A1", "freeze"))))
    found = cursor.execute("list @raw_drop_account_reviews.landing")
    assert found
    assert [name.endswith(other.files[0].name) for name, *_ in found.fetchall()] == [True]
