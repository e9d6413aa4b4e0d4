"""Clause 3.1 in dim_customer against clause 3.1 in Python, on lives that hypothesis makes up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.bronze import Bronze
from tests.dbt.histories import AS_OF, FIRST_DAY, PARTITION, Customer, Party, land, survivor, world_of
from tests.dbt.project import Dbt


@settings(
    max_examples=2,  # a world of eighty parties each, judged at thousands of instants
    phases=[Phase.generate],  # a smaller world is another minute, and the failing customer is named anyway
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(
    world=st.integers(0, 2**32).map(world_of),
    moments=st.lists(st.datetimes(FIRST_DAY.replace(tzinfo=None), AS_OF.replace(tzinfo=None)), max_size=20),
)
def test_at_any_instant_the_dimension_says_of_every_customer_what_the_contract_says(
    bronze: Bronze, dbt: Dbt, world: list[Party], moments: list[datetime]
) -> None:
    bronze.create()
    land(world, bronze)
    dbt("run", "--select", "+dim_customer", partition=PARTITION)

    rows = rows_by_customer(bronze)
    expected = {n: Customer.of(world, n) for n in range(len(world)) if survivor(world, n) == n}
    assert rows.keys() == {f"P{n:03d}" for n, customer in expected.items() if customer.since}
    for number, customer in expected.items():
        if customer.since is None:
            continue
        at_random = {moment.replace(tzinfo=UTC) for moment in moments}
        for instant in sorted(customer.telling_instants() | at_random):
            holding = [row for row in rows[f"P{number:03d}"] if holds(row, instant)]
            told = f"P{number:03d} at {instant}: {customer}"
            if instant < customer.since or instant >= AS_OF:
                assert not holding or instant >= AS_OF, told
                continue
            assert len(holding) == 1, told
            assert holding[0]["is_active"] == customer.is_active(instant), told
            assert holding[0]["primary_product_code"] == customer.primary_product(instant), told
            assert holding[0]["opt_in_operational"] == customer.opted_in(instant), told
            assert holding[0]["account_status"] == customer.account_status(instant), told


def rows_by_customer(bronze: Bronze) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in bronze.records("select * from gold_candidate.dim_customer"):
        found.setdefault(row["party_id"], []).append(row)
    return found


def holds(row: dict[str, Any], instant: datetime) -> bool:
    naive = instant.replace(tzinfo=None)
    return bool(row["valid_from"] <= naive and (row["valid_to"] is None or naive < row["valid_to"]))
