"""A Snowflake session: one DuckDB connection with its own context, transaction and temporary objects."""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import duckdb
from sqlglot import exp

from include.sandbox.warehouse.account import Account
from include.sandbox.warehouse.errors import (
    SnowflakeError,
    WriteConflictError,
    cannot_use,
    from_duckdb,
    no_current_database,
    no_current_schema,
)
from include.sandbox.warehouse.names import ObjectName, SchemaName, fold, literal, quoted
from include.sandbox.warehouse.records import Records
from include.sandbox.warehouse.results import Result

# Snowflake queues a statement behind another transaction's lock. Here it is tried again for as long as this.
LOCK_TIMEOUT_SECONDS = 60.0

T = TypeVar("T")


class Session:
    """One login. Statements of a session run one at a time; `lock` guards that."""

    def __init__(
        self,
        account: Account,
        *,
        user: str,
        database: str | None = None,
        schema: str | None = None,
        warehouse: str | None = None,
        parameters: dict[str, str] | None = None,
    ) -> None:
        self.account = account
        self.user = fold(user) if user else "SANDBOX"
        self.role = "SYSADMIN"
        self.warehouse = fold(warehouse) if warehouse else None
        self.database: str | None = None
        self.schema: str | None = None
        self.parameters = {key.upper(): value for key, value in (parameters or {}).items()}
        self.variables: dict[str, str] = {}
        self.temporary: dict[ObjectName, str] = {}
        # Of temporary tables: column, or "" for the table -> tag -> value.
        self.temporary_tags: dict[ObjectName, dict[str, dict[str, str]]] = {}
        # What a definition changed, where that is no more than one table or view.
        self.redefined: ObjectName | None = None
        self.in_transaction = False
        self._untouched = False  # a transaction in which nothing has run yet
        self.last_query_id: str | None = None
        self.last_result: Result | None = None
        self.seen(None)
        self.lock = threading.RLock()
        self.cursor = account.cursor()
        self.spill = account.results / uuid.uuid4().hex
        self.catalogue = account.catalogue(self.cursor)
        if database:
            self._enter(fold(database), fold(schema) if schema else None)

    def seen(self, client: tuple[str, int] | None) -> None:
        """The client has just spoken, over this connection."""
        self.last_used = time.monotonic()
        self.client = client

    # -- context -----------------------------------------------------------

    def _enter(self, database: str, schema: str | None) -> None:
        """Login takes a database or schema that does not exist without complaint, and goes nowhere."""
        if database not in self.account.database_names():
            return
        self.database = database
        wanted = schema or "PUBLIC"
        if self.has_schema(SchemaName(database, wanted)):
            self._set_schema(wanted)

    def use(self, database: str | None, schema: str | None) -> None:
        """USE DATABASE and USE SCHEMA; a missing target is an error and changes nothing."""
        target = database or self.database
        if target is None:
            raise no_current_database()
        if target not in self.account.database_names():
            raise cannot_use(target)
        if schema and not self.has_schema(SchemaName(target, schema)):
            raise cannot_use(str(SchemaName(target, schema)))
        self.database, self.schema = target, None
        chosen = schema or "PUBLIC"
        if self.has_schema(SchemaName(target, chosen)):
            self._set_schema(chosen)

    def _set_schema(self, schema: str) -> None:
        self.schema = schema
        if schema != "INFORMATION_SCHEMA":
            self.cursor.execute(f"set schema = {literal(quoted(self.database or '', schema))}")

    def has_schema(self, name: SchemaName) -> bool:
        if name.schema == "INFORMATION_SCHEMA":
            return True
        found = self.rows(
            "select 1 from duckdb_schemas() where database_name = ? and schema_name = ?",
            [name.database, name.schema],
        )
        return bool(found)

    def require_schema(self, name: SchemaName) -> None:
        if not self.has_schema(name):
            raise cannot_use(str(name))

    # -- names -------------------------------------------------------------

    def object_name(self, parts: Sequence[str]) -> ObjectName:
        """A name of one to three folded parts, completed from the session."""
        database = parts[-3] if len(parts) > 2 else self.database
        schema = parts[-2] if len(parts) > 1 else self.schema
        if database is None:
            raise no_current_database()
        if schema is None:
            raise no_current_schema()
        return ObjectName(database, schema, parts[-1])

    def schema_name(self, parts: Sequence[str]) -> SchemaName:
        database = parts[-2] if len(parts) > 1 else self.database
        if database is None:
            raise no_current_database()
        return SchemaName(database, parts[-1])

    def table_name(self, table: exp.Table) -> ObjectName:
        """The object a parsed table reference names."""
        parts = [
            part for part in (table.args.get("catalog"), table.args.get("db"), table.this) if part is not None
        ]
        return self.object_name([p.name if p.args.get("quoted") else p.name.upper() for p in parts])

    def physical(self, name: ObjectName) -> str:
        """Where DuckDB keeps the object: a temporary one hides a permanent one of the same name."""
        if name in self.temporary:
            return quoted("temp", "main", self.temporary[name])
        return name.sql

    def stage_of(self, name: ObjectName) -> Path:
        """The folder of a temporary table's own stage; it need not be there."""
        return self.spill / "stages" / uuid.uuid5(uuid.NAMESPACE_OID, self.temporary[name]).hex

    def exists(self, name: ObjectName) -> bool:
        """Whether a table or view of this name is there, temporary ones included."""
        if name in self.temporary:
            return True
        found = self.rows(
            "select 1 from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ? "
            "union all select 1 from duckdb_views() where database_name = ? and schema_name = ? and "
            "view_name = ?",
            [name.database, name.schema, name.name] * 2,
        )
        return bool(found)

    # -- running -----------------------------------------------------------

    def run(self, sql: str, parameters: Sequence[Any] | None = None) -> duckdb.DuckDBPyConnection:
        """Run DuckDB SQL on this session's connection; failures come out as Snowflake's."""
        try:
            return self.cursor.execute(sql, parameters) if parameters else self.cursor.execute(sql)
        except duckdb.Error as error:
            raise from_duckdb(error) from error

    def rows(self, sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        try:
            return self.run(sql, parameters).fetchall()
        except duckdb.Error as error:
            raise from_duckdb(error) from error

    def records(self, database: str) -> Records:
        """What is recorded about the objects of a database, inside this session's transaction."""
        return Records(self.rows, database)

    def remember(self, result: Result) -> None:
        """Keep the result, unless it is large, for RESULT_SCAN(LAST_QUERY_ID())."""
        self.last_result = None if result.spilled else result

    # -- transactions ------------------------------------------------------

    @property
    def autocommit(self) -> bool:
        return self.parameters.get("AUTOCOMMIT", "true").lower() != "false"

    def begin(self) -> None:
        """BEGIN inside a transaction does nothing, as on Snowflake."""
        if not self.in_transaction:
            self.run("begin")
            self.in_transaction = self._untouched = True

    def commit(self) -> None:
        """Make the transaction durable, or fail if an earlier error has already undone it."""
        if not self.in_transaction:
            return
        try:
            self.run(
                "select 1"
            )  # DuckDB answers COMMIT of an aborted transaction by rolling back without a word
            self.run("commit")
        except SnowflakeError:
            self._undo()
            raise
        finally:
            self.in_transaction = False

    def rollback(self) -> None:
        if self.in_transaction:
            self._undo()
            self.in_transaction = False

    def _undo(self) -> None:
        with suppress(duckdb.TransactionException):  # a failed COMMIT has already ended the transaction
            self.cursor.execute("rollback")

    @contextmanager
    def unit(self) -> Iterator[None]:
        """Several DuckDB statements as one, inside the client's transaction where one is open."""
        if self.in_transaction:
            yield
            return
        self.begin()
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def retrying(self, statement: Callable[[], T]) -> T:
        """Run a statement, waiting for other transactions as Snowflake's locks would make it wait.

        Inside a transaction only its first statement can wait: after that the snapshot is taken, and another
        try would meet the same conflict.
        """
        give_up = time.monotonic() + LOCK_TIMEOUT_SECONDS
        pause = 0.005
        while True:
            first_of_transaction = self.in_transaction and self._untouched
            within_transaction = self.in_transaction
            try:
                answer = statement()
            except WriteConflictError:
                if (within_transaction and not first_of_transaction) or time.monotonic() > give_up:
                    raise
                if first_of_transaction:
                    self.rollback()
                    self.begin()
                time.sleep(pause)
                pause = min(pause * 2, 0.25)
            else:
                self._untouched = self._untouched and not within_transaction
                return answer

    def interrupt(self) -> None:
        """Stop the running statement; callable from another thread."""
        self.cursor.interrupt()

    def abandon(self) -> bool:
        """Roll back what a client that went away has left open; False while a statement is running."""
        if not self.lock.acquire(blocking=False):
            return False
        try:
            self.rollback()
            return True
        finally:
            self.lock.release()

    def close(self) -> None:
        """End the session: its open transaction is rolled back, its temporary objects vanish."""
        with self.lock:
            self.rollback()
            self.cursor.close()
            shutil.rmtree(self.spill, ignore_errors=True)
