"""Sets of gold for tests: built, published, and looked at."""

from __future__ import annotations

from datetime import date
from typing import Any

from include.governance import gold_sets, publication

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
MODELS = frozenset({"dim_customer", "fct_journey_event"})
VERSIONS = {"code": "abc", "models": "m1", "contracts": {"kyc": "1.0.0"}}


def build(cursor: Any, partition: date, customers: int, *, run: str = "run", models: str = "m1") -> None:
    """What the stages gold and checks leave: a candidate of two tables that agree, released."""
    publication.begin(cursor, partition, run)
    for table in MODELS:
        cursor.execute(
            f"create or replace table gold_candidate.{table} as "
            f"select seq as id, '{partition}'::date as as_of from "
            f"(select row_number() over (order by 1) as seq from table(generator(rowcount => {customers})))"
        )
    gold_sets.seal_candidate(cursor, partition, run, MODELS, {**VERSIONS, "models": models})


def release_and_publish(cursor: Any, partition: date, customers: int, **build_options: str) -> Any:
    build(cursor, partition, customers, **build_options)
    return publication.publish(cursor, partition, build_options.get("run", "run"))


def customers_in(cursor: Any, schema: str) -> int:
    cursor.execute(f"select count(*) from {schema}.dim_customer")
    return int(cursor.fetchone()[0])


def recorded(cursor: Any) -> list[tuple[str, int, date]]:
    cursor.execute("select action, sequence, partition_key from governance.publication order by entry")
    return [(action, int(sequence), partition) for action, sequence, partition in cursor.fetchall()]


def state(cursor: Any) -> dict[str, Any]:
    """All that a later run or a reader can see of a publication, without times."""
    seen: dict[str, Any] = {"record": recorded(cursor)}
    for schema in ("gold", "gold_previous", "gold_candidate"):
        held = gold_sets.tables(cursor, schema)
        marker = gold_sets.read_marker(cursor, schema)
        seen[schema] = (
            marker and marker.sequence,
            sorted(held),
            "dim_customer" in held and customers_in(cursor, schema),
        )
    return seen
