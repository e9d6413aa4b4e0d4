"""Several clients at once: nobody sees half a change, nobody waits for ever."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable

import pytest
from snowflake.connector.errors import DatabaseError

from tests.integration.warehouse.clients import Sql, WarehouseProcess

Login = Callable[..., Sql]


def _together(*work: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_writers_to_different_tables_do_not_disturb_each_other(sql: Sql, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#transaction-commands-and-functions"""
    schema = sql.one("select current_schema()")
    sql("create table ledger (writer int)")

    def writer(number: int) -> Callable[[], None]:
        mine = login(schema=schema)

        def write() -> None:
            mine(f"create or replace table w{number} (x int)")
            for _ in range(10):
                mine("begin")
                mine(f"insert into w{number} select seq4() from table(generator(rowcount => 100))")
                mine(f"insert into ledger values ({number})")
                mine("commit")

        return write

    reader = login(schema=schema)

    def read() -> None:
        for _ in range(20):
            counted = reader("select count(*) from ledger group by writer")
            assert all(0 < row[0] <= 10 for row in counted)

    _together(*(writer(number) for number in range(4)), read)
    assert sql("select writer, count(*) from ledger group by 1 order by 1") == [(n, 10) for n in range(4)]
    assert [sql.one(f"select count(*) from w{n}") for n in range(4)] == [1000] * 4


def test_updates_of_one_row_wait_for_each_other(sql: Sql, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#resource-locking"""
    schema = sql.one("select current_schema()")
    sql("create table counter as select 0 as n")

    def add() -> Callable[[], None]:
        mine = login(schema=schema)

        def work() -> None:
            for _ in range(10):
                mine("update counter set n = n + 1")

        return work

    def add_in_transactions() -> Callable[[], None]:
        mine = login(schema=schema)

        def work() -> None:
            for _ in range(5):
                mine("begin")
                mine("update counter set n = n + 1")
                mine("select n from counter")
                mine("commit")

        return work

    _together(add(), add(), add_in_transactions(), add_in_transactions())
    assert sql.one("select n from counter") == 30


def test_the_same_ddl_from_several_clients(sql: Sql, login: Login) -> None:
    """dbt's threads create one schema and drop one relation at the same time."""
    base = sql.one("select current_schema()")

    def create(session: Sql) -> Callable[[], None]:
        def work() -> None:
            for number in range(5):
                session(f"create schema if not exists {base}_{number}")
                session(f"create or replace table {base}_{number}.t as select 1 as x")

        return work

    _together(*(create(login()) for _ in range(4)))
    assert sql.one(f"select sum(x) from {base}_4.t") == 1


def _hold_a_lock(port: int, state: str, schema: str, held: object) -> None:
    process = WarehouseProcess(state)  # type: ignore[arg-type]
    process.port = port
    session = Sql(process.connect(schema=schema))
    session("begin")
    session("update lock set owner = 'killed'")
    held.set()  # type: ignore[attr-defined]
    time.sleep(60)


def test_a_killed_client_does_not_keep_its_lock(sql: Sql, warehouse: WarehouseProcess) -> None:
    """https://docs.snowflake.com/en/sql-reference/transactions#aborting-transactions"""
    schema = sql.one("select current_schema()")
    sql("create table lock as select 'free' as owner")
    spawning = multiprocessing.get_context("spawn")
    held = spawning.Event()
    client = spawning.Process(target=_hold_a_lock, args=(warehouse.port, str(warehouse.state), schema, held))
    client.start()
    assert held.wait(30)
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)
    client.join()
    sql("begin")
    sql("update lock set owner = 'next'")
    sql("commit")
    assert sql.one("select owner from lock") == "next"


def test_a_statement_can_be_cancelled(sql: Sql) -> None:
    """https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#execute: timeout"""
    rows = "select 1 as n union all select n + 1 from t where n < 1e12"
    endless = f"with recursive t as ({rows}) select count(*) from t"
    before = time.monotonic()
    with pytest.raises(DatabaseError, match=r"(?i)cancel"):
        sql.cursor.execute(endless, timeout=1)
    assert time.monotonic() - before < 15
    assert sql.one("select 1") == 1
