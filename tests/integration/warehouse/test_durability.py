"""What was committed survives the end of the process, however it ends; what was not is gone."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from snowflake.connector.errors import DatabaseError, Error

from tests.integration.warehouse.clients import Sql, WarehouseProcess


@pytest.fixture
def own(tmp_path: Path) -> Iterator[WarehouseProcess]:
    process = WarehouseProcess(tmp_path / "state")
    process.start()
    yield process
    if process.running:
        process.kill()


def test_kill_keeps_what_was_committed_and_nothing_else(own: WarehouseProcess, tmp_path: Path) -> None:
    """An open transaction ends with its session: https://docs.snowflake.com/en/sql-reference/transactions"""
    (tmp_path / "rows.csv").write_text("1\n2\n")
    sql = Sql(own.connect(schema="PUBLIC"))
    sql("create schema raw_kyc")
    sql("create table t (x int, note varchar(9) not null default '-') comment = 'kept'")
    sql("create stage landing")
    sql(f"put 'file://{tmp_path}/rows.csv' @landing")
    sql("copy into t (x) from @landing")
    sql("create role auditor")
    sql("grant select on table t to role auditor")
    sql("create tag pii")
    sql("alter table t modify column x set tag pii = 'no'")
    sql("begin")
    sql("insert into t (x) values (99)")
    own.kill()

    own.start()
    sql = Sql(own.connect(schema="RAW_KYC"))
    assert sql("select x, note from t order by x") == [(1, "-"), (2, "-")]
    assert sql("copy into t (x) from @landing")[0][1] == "LOAD_SKIPPED"
    assert [row[1] for row in sql("show grants on table t")] == ["OWNERSHIP", "SELECT"]
    assert sql("select tag_value from table(information_schema.tag_references('t', 'table'))") == [("no",)]
    assert sql("describe table t")[1][1] == "VARCHAR(9)"
    sql.refused("insert into t (x, note) values (1, 'far too long')", 100078)


def test_kill_during_a_load_loads_all_or_nothing(own: WarehouseProcess) -> None:
    sql = Sql(own.connect(schema="PUBLIC"))
    sql("create table t (x int)")
    sql("create table ledger (rows int)")
    started = threading.Event()

    def load_for_ever() -> None:
        mine = Sql(own.connect(schema="PUBLIC"))
        while True:
            try:
                mine("begin")
                mine("insert into t select seq4() from table(generator(rowcount => 20000))")
                mine("insert into ledger values (20000)")
                mine("commit")
            except Error:
                return
            started.set()

    threads = [threading.Thread(target=load_for_ever, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert started.wait(20)
    own.kill()
    own.start()
    sql = Sql(own.connect(schema="PUBLIC"))
    assert sql.one("select count(*) from t") == sql.one("select coalesce(sum(rows), 0) from ledger") > 0


def test_terminate_ends_promptly_and_cleanly_with_sessions_open(own: WarehouseProcess) -> None:
    sql = Sql(own.connect(schema="PUBLIC"))
    sql("create table t as select 1 as x")
    sql("begin")
    sql("insert into t values (2)")
    before = time.monotonic()
    assert own.signal(signal.SIGTERM) == 0
    assert time.monotonic() - before < 5
    own.start()
    assert Sql(own.connect(schema="PUBLIC"))("select x from t") == [(1,)]


def test_a_session_of_the_process_before_must_log_in_again(own: WarehouseProcess) -> None:
    sql = Sql(own.connect(schema="PUBLIC"))
    sql("select 1")
    own.kill()
    own.start(port=own.port)
    with pytest.raises(DatabaseError, match="login"):
        sql("select 1")
