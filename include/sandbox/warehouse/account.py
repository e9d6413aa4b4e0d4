"""The account: one DuckDB process over a folder, one file per Snowflake database, and what is recorded beside
the data.

A DuckDB transaction can write to one attached file only. So what belongs to a database's objects (load
history, grants, tags, policies, stages) is kept inside that database's own file and commits with the data;
only roles and account-wide grants live in the account's file.
"""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import duckdb
from snowduck.info_schema import InfoSchemaManager

from include.sandbox.warehouse.access import Access
from include.sandbox.warehouse.errors import from_duckdb
from include.sandbox.warehouse.names import quoted
from include.sandbox.warehouse.storage import (
    ACCOUNT,
    ACCOUNT_TABLES,
    COLUMNS_VIEW,
    DATABASE_TABLES,
    HIDDEN_SCHEMA,
    MACROS_SQL,
)


class Account:
    """Everything below one state folder. Safe to share between threads; sessions take their own cursors."""

    def __init__(self, state: Path, *, database: str, memory_limit: str = "2GB") -> None:
        self.stages = state / "stages"
        self.stages.mkdir(parents=True, exist_ok=True)
        self.results = state / "results"
        shutil.rmtree(self.results, ignore_errors=True)  # of sessions that ended with the process before
        self.results.mkdir()
        self._path = state / "warehouse.duckdb"
        self._root = duckdb.connect(
            str(self._path),
            config={
                "memory_limit": memory_limit,
                "temp_directory": str(state / "spill"),
                "python_enable_replacements": "false",
                # Snowflake promises no order of rows either, and a COPY takes half the time.
                "preserve_insertion_order": "false",
                # It tells files of one name apart by size and second: too little where a PUT replaces one.
                "enable_external_file_cache": "false",
            },
        )
        self._root.execute("set global TimeZone = 'UTC'")
        self._ddl = threading.Lock()
        self._databases = InfoSchemaManager(duck_conn=self._root, storage=str(self._path))
        self._root.execute(ACCOUNT_TABLES)
        self._root.execute(MACROS_SQL)
        for name in self.database_names():
            self._prepare(name)
        self.create_database(database)
        self.access = Access(self._root.cursor())

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own: its own transaction, its own temporary tables."""
        return self._root.cursor()

    def catalogue(self, cursor: duckdb.DuckDBPyConnection) -> InfoSchemaManager:
        """snowduck's view of the catalogue as `cursor`'s transaction sees it."""
        manager = InfoSchemaManager.__new__(InfoSchemaManager)
        manager.__dict__.update(self._databases.__dict__)
        manager._duck_conn = cursor
        return manager

    def database_names(self) -> list[str]:
        rows = self._root.cursor().execute(
            "select database_name from duckdb_databases() where not internal and database_name not in (?, "
            "?) order by 1",
            [self._databases.account_catalog_name, self._path.stem],
        )
        return [str(row[0]) for row in rows.fetchall()]

    def create_database(self, name: str) -> None:
        """Create the database with its PUBLIC schema, or leave it as it is."""
        with self._ddl:
            if name not in self.database_names():
                try:
                    self._databases.create_database_information_schema(database=name, schema="PUBLIC")
                except duckdb.Error as error:
                    raise from_duckdb(error) from error
            self._prepare(name)

    def drop_database(self, name: str) -> None:
        """Detach the database and delete its file."""
        with self._ddl:
            path = Path(self._databases.database_path(name))
            try:
                self.leave(self._root)
                self._root.execute(f"detach {quoted(name)}")
            except duckdb.Error as error:
                raise from_duckdb(error) from error
            for leftover in (path, path.with_suffix(path.suffix + ".wal")):
                leftover.unlink(missing_ok=True)

    def leave(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make no Snowflake database the connection's default one; DuckDB detaches none that is."""
        cursor.execute(f"use {quoted(self._path.stem, 'main')}")

    def close(self) -> None:
        """Write everything to the database files and let go of them."""
        self._root.close()

    def _prepare(self, database: str) -> None:
        hidden = quoted(database, HIDDEN_SCHEMA)
        self._root.execute(DATABASE_TABLES.format(hidden=hidden))
        self._root.execute(COLUMNS_VIEW.format(hidden=hidden, account=ACCOUNT, database=database))
        self._capitalise_views(database)

    def _capitalise_views(self, database: str) -> None:
        """INFORMATION_SCHEMA's columns are in upper case; snowduck's views have them in lower case."""
        views = self._root.execute(
            "select view_name, sql from duckdb_views() where database_name = ? and schema_name = ?",
            [database, HIDDEN_SCHEMA],
        ).fetchall()
        for view, sql in views:
            name = quoted(database, HIDDEN_SCHEMA, view)
            columns = [row[0] for row in self._root.execute(f"describe {name}").fetchall()]
            if any(column != column.upper() for column in columns):
                renamed = ", ".join(f"{quoted(column)} as {quoted(column.upper())}" for column in columns)
                query = sql.partition(" AS ")[2].rstrip(";")
                self._root.execute(f"create or replace view {name} as select {renamed} from ({query})")
