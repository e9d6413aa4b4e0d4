"""The metric contract as tables that compliance can query, beside the evidence of the runs.

Written once a run has found that the models hold to the contract, and before anything is published: what
each publication names in `versions:definitions` is there. A version that is there is not written again, and
nothing is deleted, so an earlier figure can still be explained.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import MetricContract
from include.contracts.canonical import digest, part_digests
from include.contracts.signatures import public_key, read_signatures, signatures_path
from include.governance import record
from include.governance.contract_check import Checked
from include.governance.contract_ddl import TABLES, VIEWS, Table
from include.governance.lineage import Ref
from include.warehouse.session import transaction

ROWS_PER_STATEMENT = 1_000  # Snowflake takes a megabyte of text


@dataclass(frozen=True)
class Version:
    """Which contract, and a hash over all that defines gold: the models, what they read, and the contract."""

    contract: MetricContract
    definitions: str
    run_id: str

    @property
    def sha256(self) -> str:
        """Of the text that the officers signed."""
        return digest(self.contract).hex()


def are_recorded(cursor: SnowflakeCursor, version: Version) -> bool:
    """Whether these definitions were checked and written before. Makes the tables if they are missing."""
    _ensure(cursor)
    return _has(cursor, "column_lineage", "definitions", version.definitions)


def record_checked(cursor: SnowflakeCursor, version: Version, checked: Checked) -> None:
    """Write what is not there yet, all of it or nothing."""
    _ensure(cursor)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    common = {"recorded_at": now, "run_id": version.run_id}
    with transaction(cursor):
        if not _has(cursor, "metric_contract", "contract_sha256", version.sha256):
            _insert(cursor, TABLES["metric_contract"], [_contract(version) | common])
            _insert(cursor, TABLES["clause"], [row | common for row in _clauses(version)])
        for row in _signatures(version):
            if not _has(cursor, "signature", "signature", row["signature"]):
                _insert(cursor, TABLES["signature"], [row | common])
        if not _has(cursor, "column_lineage", "definitions", version.definitions):
            _insert(cursor, TABLES["column_binding"], [row | common for row in _bindings(version, checked)])
            _insert(cursor, TABLES["column_lineage"], [row | common for row in _lineage(version, checked)])


def _ensure(cursor: SnowflakeCursor) -> None:
    cursor.execute("create schema if not exists governance")
    cursor.execute(record.DDL)
    for statement in (*(table.ddl for table in TABLES.values()), *VIEWS):
        cursor.execute(statement)


def _has(cursor: SnowflakeCursor, table: str, column: str, value: str) -> bool:
    cursor.execute(f"select count(*) from governance.{table} where {column} = %s", (value,))  # noqa: S608
    row = cursor.fetchone()
    return bool(row and row[0])


def _insert(cursor: SnowflakeCursor, table: Table, rows: list[dict[str, Any]]) -> None:
    columns = ", ".join(table.columns)
    values = ", ".join(f"entry.value:{name}{cast}" for name, (cast, _) in table.columns.items())
    for start in range(0, len(rows), ROWS_PER_STATEMENT):
        cursor.execute(
            f"insert into governance.{table.name} ({columns}) select {values} "  # noqa: S608
            "from table(flatten(input => parse_json(%s))) as entry",
            (json.dumps(rows[start : start + ROWS_PER_STATEMENT]),),
        )


def _contract(version: Version) -> dict[str, Any]:
    contract = version.contract
    return {
        "contract_id": contract.id,
        "contract_version": contract.version,
        "contract_sha256": version.sha256,
        "title": contract.title,
        "effective": contract.effective.isoformat(),
        "timezone": contract.timezone,
    }


def _clauses(version: Version) -> Iterator[dict[str, Any]]:
    digests = part_digests(version.contract)
    for clause in version.contract.clauses.values():
        yield {
            "contract_id": version.contract.id,
            "contract_version": version.contract.version,
            "contract_sha256": version.sha256,
            "clause": clause.id,
            "clause_version": clause.version,
            "clause_sha256": digests[f"clause {clause.id}"],
            "title": clause.title,
            "effective": clause.effective.isoformat(),
            "owner": clause.owner,
            "sentence": clause.sentence,
            "predicate": clause.predicate,
            "parameters": clause.parameters,
        }


def _signatures(version: Version) -> Iterator[dict[str, Any]]:
    contract = version.contract
    signatures = read_signatures(signatures_path(contract.path))
    for signatory in contract.signatories:
        key, purpose = public_key(contract.path, signatory)
        yield {
            "contract_id": contract.id,
            "contract_version": contract.version,
            "contract_sha256": version.sha256,
            "signatory": signatory.id,
            "title": signatory.title,
            "signature": base64.b64encode(signatures[signatory.id].signature).decode(),
            "public_key": base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode(),
            "key_purpose": purpose,
        }


def _bindings(version: Version, checked: Checked) -> Iterator[dict[str, Any]]:
    for model in checked.project.gold():
        for column in model.columns.values():
            for clause in column.clauses:
                yield {
                    **_definitions(version),
                    "gold_table": model.name,
                    "gold_column": column.name,
                    "clause": clause,
                    "data_type": column.data_type,
                    "description": column.description,
                }


def _lineage(version: Version, checked: Checked) -> Iterator[dict[str, Any]]:
    for model in checked.project.gold():
        for column in model.columns:
            for bronze, path in checked.lineage.to_bronze(Ref(model.name, column)).items():
                schema, _, table = bronze.relation.partition(".")
                yield {
                    **_definitions(version),
                    "gold_table": model.name,
                    "gold_column": column,
                    "bronze_schema": schema,
                    "bronze_table": table,
                    "bronze_column": bronze.column,
                    "way": path.way,
                    "path": [str(step) for step in path.steps],
                }


def _definitions(version: Version) -> dict[str, Any]:
    return {
        "definitions": version.definitions,
        "contract_id": version.contract.id,
        "contract_version": version.contract.version,
        "contract_sha256": version.sha256,
    }
