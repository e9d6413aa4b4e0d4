"""Bronze of one source as Snowflake DDL, safe to run again."""

from __future__ import annotations

from include.contracts.bronze import (
    CONTRACT_TAG,
    PII_TAG,
    STAGE,
    TECHNICAL_COLUMNS,
    UNCLASSIFIED,
    data_type,
)
from include.contracts.source import SourceContract, Table


def bronze_ddl(contract: SourceContract) -> str:
    """The statements, each ended by ``;`` and a new line: no comment or text in them holds that pair.

    The schema's and each table's tag classify every column that has no tag of its own, so that a column
    nobody has classified is masked. The table's is there for a clone, which leaves the schema's behind.
    https://docs.snowflake.com/en/user-guide/tag-based-masking-policies
    """
    statements = [
        f"create schema if not exists {contract.schema}\n    comment = {_text(contract.purpose)}",
        f"alter schema {contract.schema} set tag {PII_TAG} = {_text(UNCLASSIFIED)}",
        f"create stage if not exists {contract.schema}.{STAGE}\n"
        f"    comment = {_text(f'Files of {contract.name} on their way into bronze.')}",
    ]
    for table in contract.tables:
        statements.append(_create(contract, table))
        statements.append(
            f"alter table {contract.schema}.{table.name} set tag\n"
            f"    {PII_TAG} = {_text(UNCLASSIFIED)},\n"
            f"    {CONTRACT_TAG} = {_text(f'{contract.name} {contract.version}')}"
        )
    return "".join(f"{statement};\n\n" for statement in statements).rstrip("\n") + "\n"


def _create(contract: SourceContract, table: Table) -> str:
    columns = [
        *((c.name, data_type(c), c.classification, c.description) for c in table.columns),
        *((c.name, c.data_type, c.classification, c.description) for c in TECHNICAL_COLUMNS),
    ]
    lines = ",\n".join(
        f"    {name} {kind} with tag ({PII_TAG} = {_text(classification)}) comment {_text(description)}"
        for name, kind, classification, description in columns
    )
    comment = _text(f"{table.description} Append-only, as the source sent it.")
    return f"create table if not exists {contract.schema}.{table.name} (\n{lines}\n)\n    comment = {comment}"


def _text(value: str) -> str:
    """A string literal. In Snowflake a backslash escapes, so it is doubled like a quote."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
