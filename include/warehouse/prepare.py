"""The objects that must exist before a row can land. Everything here can be run again at any time.

`python -m include.warehouse.prepare --role ACCOUNTADMIN` prepares a whole account, roles, grants and masking
included: part of a deployment, by an administrator. A bronze run prepares what its own source needs, so that
a new contract needs no deployment step.
"""

import argparse
import logging
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import ProgrammingError
from snowflake.connector.util_text import split_statements

from include.contracts import SourceContract, load_sources
from include.contracts.bronze import data_type
from include.contracts.generate.bronze_ddl import bronze_ddl
from include.warehouse.protection import classify, protect
from include.warehouse.session import Warehouse

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
OWNER = "platform"  # the role of the connection `snowflake`
ARTIFACTS = "governance.dbt_artifacts"  # what dbt says of a run, for catalogues
OWNED = {"raw_control", "silver", "gold", "gold_candidate", "gold_previous", "monitoring", "governance"}


class NotPreparedError(Exception):
    """A definition's statement failed. The message names where it stands, the statement and the reason."""


def prepare_source(cursor: SnowflakeCursor, contract: SourceContract) -> None:
    """The load ledger, and the source's own schema, stage, tables, tags and lock. Raises NotPreparedError."""
    _apply(cursor, HERE / "control.sql")
    # As the contract says now. The file of it in `bronze/` is what people review and CI holds equal.
    _run(cursor, f"the bronze of {contract.path.name}", bronze_ddl(contract))
    _add_columns(cursor, contract)
    classify(cursor, contract)
    lock = f"raw_control.lock_{contract.name}"
    cursor.execute(
        f"create table if not exists {lock} (run_id varchar) "
        f"comment = 'One row, locked by the load of {contract.name} that is under way.'"
    )
    cursor.execute(f"insert into {lock} select 'none yet' where not exists (select 1 from {lock})")  # noqa: S608


def prepare_account(cursor: SnowflakeCursor) -> None:
    """Every source, who may read and write what, and what they see of it. Raises NotPreparedError."""
    _apply(cursor, HERE / "control.sql")
    protect(cursor)
    _apply(cursor, HERE / "access.sql")
    for contract in load_sources().values():
        prepare_source(cursor, contract)
        for statement in _bronze_grants(contract):
            cursor.execute(statement)
    _grant_surroundings(cursor)
    _hand_over(cursor)


def _add_columns(cursor: SnowflakeCursor, contract: SourceContract) -> None:
    """To tables that are older than the contract's last change: masked, until they are classified."""
    cursor.execute(
        "select lower(table_name), lower(column_name) from information_schema.columns "
        "where table_schema = %s",
        (contract.schema.upper(),),
    )
    there = set(cursor.fetchall())
    for table in contract.tables:
        name = f"{contract.schema}.{table.name}"
        for column in table.columns:
            if (table.name, column.name) not in there:
                cursor.execute(
                    f"alter table {name} add column if not exists {column.name} {data_type(column)}"
                )
                cursor.execute(f"comment on column {name}.{column.name} is %s", (column.description,))


def _bronze_grants(contract: SourceContract) -> Iterator[str]:
    schema = contract.schema
    yield f"grant usage on schema {schema} to role loader"
    yield f"grant read, write on stage {schema}.landing to role loader"
    for tables in ("all", "future"):
        yield f"grant select, insert on {tables} tables in schema {schema} to role loader"
        yield f"grant select on {tables} tables in schema {schema} to role transformer"
    yield f"grant usage on schema {schema} to role transformer"


def _grant_surroundings(cursor: SnowflakeCursor) -> None:
    """A role reaches a schema only through its database, and runs a query only in a warehouse."""
    cursor.execute("select current_database(), current_warehouse()")
    ((database, warehouse),) = cursor.fetchall()
    for role in ("loader", "transformer", "analyst", "auditor"):
        cursor.execute(f"grant usage on database {database} to role {role}")
        if warehouse:
            cursor.execute(f"grant usage on warehouse {warehouse} to role {role}")
    for role in ("transformer", OWNER):
        cursor.execute(f"grant create schema on database {database} to role {role}")


def _hand_over(cursor: SnowflakeCursor) -> None:
    """The pipeline owns what it works on: replacing a table and swapping a schema take ownership.

    https://docs.snowflake.com/en/sql-reference/sql/grant-ownership
    """
    bronze = {contract.schema for contract in load_sources().values()}
    cursor.execute("select schema_name from information_schema.schemata")
    present = {str(name).lower() for (name,) in cursor.fetchall()}
    for schema in sorted(present & (bronze | OWNED)):
        what = [f"schema {schema}", f"all tables in schema {schema}", f"all views in schema {schema}"]
        what += [f"stage {schema}.landing"] if schema in bronze else []
        what += [f"stage {ARTIFACTS}"] if ARTIFACTS.startswith(f"{schema}.") else []
        for named in what:
            cursor.execute(f"grant ownership on {named} to role {OWNER} copy current grants")


def _apply(cursor: SnowflakeCursor, file: Path) -> None:
    _run(cursor, file.name, file.read_text(encoding="utf-8"))


def _run(cursor: SnowflakeCursor, origin: str, statements: str) -> None:
    for statement, _ in split_statements(StringIO(statements), remove_comments=True):
        sql = statement.strip().rstrip(";")
        if not sql:
            continue
        try:
            cursor.execute(sql)
        except ProgrammingError as error:
            raise NotPreparedError(
                f"{origin}: {sql.splitlines()[0]}: {error.msg}. Grant the connection's role what it lacks, "
                "or let an administrator run `python -m include.warehouse.prepare`."
            ) from error


def main() -> None:
    """Command line: prepare the account of connection `snowflake`."""
    parser = argparse.ArgumentParser(prog="python -m include.warehouse.prepare", description=__doc__)
    parser.add_argument("--role", help="an administrator's role; the connection's own when left out")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    with Warehouse(role=options.role).cursor() as cursor:
        prepare_account(cursor)
    log.info("warehouse prepared for %s", ", ".join(load_sources()))


if __name__ == "__main__":
    main()
