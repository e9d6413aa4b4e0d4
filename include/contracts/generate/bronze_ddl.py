"""Bronze of one source as Snowflake DDL, safe to run again."""

from __future__ import annotations

from include.contracts.bronze import STAGE, TAG_SCHEMA, TECHNICAL_COLUMNS, data_type
from include.contracts.source import SourceContract, Table

PERSONAL = {"confidential", "restricted"}


def bronze_ddl(contract: SourceContract) -> str:
    """The statements, each ended by ``;`` and a new line: no comment or text in them holds that pair."""
    statements = [
        f"create schema if not exists {contract.schema}\n    comment = {_text(contract.purpose)}",
        f"create stage if not exists {contract.schema}.{STAGE}\n"
        f"    comment = {_text(f'Files of {contract.name} on their way into bronze.')}",
    ]
    for table in contract.tables:
        statements.append(_create(contract, table))
        statements += _tags(contract, table)
    return "".join(f"{statement};\n\n" for statement in statements).rstrip("\n") + "\n"


def _create(contract: SourceContract, table: Table) -> str:
    columns = [(column.name, data_type(column), column.description) for column in table.columns]
    columns += [(column.name, column.data_type, column.description) for column in TECHNICAL_COLUMNS]
    lines = ",\n".join(
        f"    {name} {kind} comment {_text(description)}" for name, kind, description in columns
    )
    comment = _text(f"{table.description} Append-only, as the source sent it.")
    return f"create table if not exists {contract.schema}.{table.name} (\n{lines}\n)\n    comment = {comment}"


def _tags(contract: SourceContract, table: Table) -> list[str]:
    return [
        f"alter table {contract.schema}.{table.name} modify column {column.name} set tag\n"
        f"    {TAG_SCHEMA}.pii = {_text(column.classification)},\n"
        f"    {TAG_SCHEMA}.contract = {_text(f'{contract.name} {contract.version}')}"
        for column in table.columns
        if column.classification in PERSONAL
    ]


def _text(value: str) -> str:
    """A string literal. In Snowflake a backslash escapes, so it is doubled like a quote."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
