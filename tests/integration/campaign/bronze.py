"""What bronze says of a source: its tables rebuilt from their changes, and whether the books agree."""

from __future__ import annotations

from datetime import date
from typing import Any

from include.contracts import SourceContract, Table
from include.warehouse.session import Warehouse


def ask(sql: str) -> list[tuple[Any, ...]]:
    with Warehouse().cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def latest(contract: SourceContract, table: Table) -> str:
    """A query for the rows of a table that its changes add up to."""
    key = ", ".join(table.key)
    return (
        f"select * from {contract.schema}.{table.name} "
        f"qualify row_number() over (partition by {key} order by _position desc nulls last) = 1 "
        "and _op <> 'delete'"
    )


def rebuilt(contract: SourceContract, table: Table) -> list[tuple[Any, ...]]:
    """The rows themselves, sorted."""
    names = ", ".join(table.column_names)
    return sorted(
        ask(f"select {names} from ({latest(contract, table)})"),
        key=lambda row: tuple(value or "" for value in row),
    )


def repeated(contract: SourceContract, table: Table) -> int:
    """How many rows stand in bronze more than once: the same key at the same place of the source's order."""
    identity = ", ".join((*table.key, "_position"))
    ((found,),) = ask(
        f"select count(*) from (select {identity} from {contract.schema}.{table.name} "
        f"group by {identity} having count(*) > 1)"
    )
    return int(found)


def differs_from_ledger(contract: SourceContract, table: Table) -> int:
    """Rows in bronze less rows in the ledger."""
    ((held, promised),) = ask(
        f"select (select count(*) from {contract.schema}.{table.name}), "
        "(select sum(row_count) from raw_control.load_ledger "
        f"where source = '{contract.name}' and table_name = '{table.name}')"
    )
    return int(held) - int(promised)


def on_stage(contract: SourceContract) -> set[str]:
    """The files that lie on the stage of a source."""
    return {str(name).removeprefix("landing/") for name, *_ in ask(f"list @{contract.schema}.landing")}


def on_record(contract: SourceContract, since: date = date.min) -> set[str]:
    """The files that the ledger has of a source, of this partition and later ones."""
    files = ask(
        f"select file from raw_control.load_ledger "
        f"where source = '{contract.name}' and partition >= '{since}'::date"
    )
    return {str(file) for (file,) in files if file}
