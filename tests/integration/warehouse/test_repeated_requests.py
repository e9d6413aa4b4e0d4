"""A client that got no answer asks again; what it asked for is done once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.warehouse.clients import Sql, WarehouseProcess

SLOW = "insert into once select count(*) from table(generator(rowcount => 3000000))"


def ask(warehouse: WarehouseProcess, sql: Sql, statement: str, request_id: str) -> dict[str, Any]:
    """A statement as the connector sends it, in the session of `sql`."""
    answer = httpx.post(
        f"http://127.0.0.1:{warehouse.port}/queries/v1/query-request",
        params={"requestId": request_id},
        headers={"Authorization": f'Snowflake Token="{sql.connection.rest.token}"'},
        json={"sqlText": statement},
        timeout=60,
    )
    return dict(answer.json())


def test_a_request_sent_again_is_answered_and_not_executed_again(
    warehouse: WarehouseProcess, sql: Sql
) -> None:
    sql("create table once (n number)")
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    with ThreadPoolExecutor(3) as pool:  # the first is under way when the others come
        answers = list(pool.map(lambda _: ask(warehouse, sql, SLOW, first), range(3)))
    assert answers[0]["success"]
    assert answers[0] == answers[1] == answers[2] == ask(warehouse, sql, SLOW, first)
    assert sql("select count(*) from once") == [(1,)]
    ask(warehouse, sql, SLOW, second)
    assert sql("select count(*) from once") == [(2,)]


@pytest.mark.parametrize("statement", ["select * from nowhere", "insert into nowhere values (1)"])
def test_a_failure_is_repeated_as_it_was(warehouse: WarehouseProcess, sql: Sql, statement: str) -> None:
    request_id = str(uuid.uuid4())
    first = ask(warehouse, sql, statement, request_id)
    sql("create table nowhere (n number)")
    assert not first["success"]
    assert ask(warehouse, sql, statement, request_id) == first
