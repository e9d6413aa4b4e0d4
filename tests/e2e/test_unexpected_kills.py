"""A day survives kill -9 of a task that loads, of the warehouse and of the scheduler, one after another."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import psycopg
import pytest

from include.contracts import load_sources
from include.sandbox import bank
from include.sandbox.airflow import DATABASES
from include.sandbox.airflow_api import AirflowApi, Task
from include.sandbox.processes import Server
from tests.e2e.conftest import Deployment

# A killed task is missed after a minute, and tried again some time later.
SOON = 240


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < give_up, f"{what} did not happen"
        time.sleep(0.05)


def running_loads(api: AirflowApi, day: str) -> list[Task]:
    return [
        task
        for source in load_sources().values()
        for run in api.runs(source.dag_id, day)
        for task in api.tasks(run)
        if task.task_id == "load" and task.state == "running"
    ]


def executing(tasks: list[Task]) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])  # None for one that has just ended
        if any(task.id in " ".join(process.info["cmdline"] or []) for task in tasks)
    ]


@contextmanager
def the_next_day(deployment: Deployment) -> Iterator[str]:
    """`make day` in the background; afterwards the day is finished."""
    day = (bank.lived_days(deployment.sandbox.postgres.dsn("vendors"))[-1]).isoformat()
    living = deployment.start("day")
    wait_for(
        "the bank's next day",
        lambda: bank.lived_days(deployment.sandbox.postgres.dsn("vendors"))[-1].isoformat() > day,
    )
    yield bank.lived_days(deployment.sandbox.postgres.dsn("vendors"))[-1].isoformat()
    output, _ = living.communicate()
    if living.returncode:
        code, again = deployment.command("day")
        assert code == 0, output + again


def assert_bronze_equals_the_source(deployment: Deployment) -> None:
    """Keys and rows of every bronze table are the source's, and no row is there twice."""
    for source in load_sources().values():
        for table in source.tables:
            name = f"{source.schema}.{table.name}"
            columns = ", ".join((*table.key, "_position"))
            twice = deployment.ask(
                f"select count(*) from (select {columns} from {name} group by {columns} having count(*) > 1)"
            )
            assert twice == [(0,)], name
            keys = ", ".join(table.key)
            (found,) = deployment.ask(
                f"select count(*) from (select {keys} from {name} "
                f"qualify row_number() over (partition by {keys} order by _position desc nulls last) = 1 "
                "and _op <> 'delete')"
            )[0]
            if source.kind == "cdc":
                assert found == rows_at_source(deployment, source.name, table.name), name
            ledger = deployment.ask(
                "select sum(row_count) from raw_control.load_ledger "
                f"where source = '{source.name}' and table_name = '{table.name}'"
            )
            assert deployment.ask(f"select count(*) from {name}") == ledger, name


def rows_at_source(deployment: Deployment, source: str, table: str) -> int:
    with psycopg.connect(deployment.sandbox.postgres.dsn(DATABASES[source])) as database:
        row = database.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


def kill_a_loading_task(api: AirflowApi, day: str) -> None:
    found: list[psutil.Process] = []

    def look() -> bool:
        found[:] = executing(running_loads(api, day))
        return bool(found)

    wait_for("a process that loads", look)
    for task in found:
        task.kill()


def kill_server(server: Server) -> None:
    process = server.process()
    assert process is not None
    process.kill()
    wait_for(f"the end of {server.name}", lambda: server.process() is None)


@pytest.mark.usefixtures("three_days")
def test_a_day_survives_kill_9(deployment: Deployment) -> None:
    """Each kill hits a load, whose next try is one more to hit: there is something to kill three times."""
    api = AirflowApi(deployment.sandbox.state.url("airflow"))
    scheduler = next(server for server in deployment.sandbox.airflow if server.name == "airflow-scheduler")
    with the_next_day(deployment) as day:
        kill_a_loading_task(api, day)
        for server in (deployment.sandbox.warehouse, scheduler):
            wait_for("a load", lambda: bool(running_loads(api, day)))
            kill_server(server)
            code, output = deployment.command("up")
            assert code == 0, output
    assert_bronze_equals_the_source(deployment)
