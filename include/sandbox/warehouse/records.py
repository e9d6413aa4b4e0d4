"""What is recorded about a database's objects beside their data: loads, grants, tags, policies and plain
definitions.

The rows live in the database's own file, so they are written, renamed and dropped in the transaction that
changes the object.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from include.sandbox.warehouse.names import ObjectName, quoted
from include.sandbox.warehouse.storage import HIDDEN_SCHEMA

Rows = Callable[[str, Sequence[Any] | None], list[tuple[Any, ...]]]

# Recorded as objects, but parts of a table or view of the same name.
_OF_RELATIONS = " and kind in ('CONSTRAINTS', 'VIEW')"
_BY_OBJECT = ("_loads", "_objects", "_grants", "_tag_references", "_policy_references")


@dataclass(frozen=True)
class Recorded:
    """A stage, file format, tag, policy or set of constraints."""

    kind: str
    name: ObjectName
    definition: str
    comment: str | None
    owner: str
    created_on: Any


class Records:
    """The recorded facts of one database, read and written through a session's own connection."""

    def __init__(self, rows: Rows, database: str) -> None:
        self._rows = rows
        self._database = database

    def table(self, name: str) -> str:
        return quoted(self._database, HIDDEN_SCHEMA, name)

    # -- plain objects -----------------------------------------------------

    def put(
        self, kind: str, name: ObjectName, definition: str, *, owner: str, comment: str | None = None
    ) -> None:
        self.remove(kind, name)
        self._rows(
            f"insert into {self.table('_objects')} (kind, schema_name, object_name, definition, comment, "
            "owner) values (?, ?, ?, ?, ?, ?)",
            [kind, name.schema, name.name, definition, comment, owner],
        )

    def remove(self, kind: str, name: ObjectName) -> None:
        self._rows(
            f"delete from {self.table('_objects')} where kind = ? and schema_name = ? and object_name = ?",
            [kind, name.schema, name.name],
        )

    def get(self, kind: str, name: ObjectName) -> Recorded | None:
        return next((found for found in self.all(kind) if found.name == name), None)

    def all(self, kind: str) -> list[Recorded]:
        found = self._rows(
            "select schema_name, object_name, definition, comment, owner, created_on from "
            f"{self.table('_objects')} "
            "where kind = ? order by 1, 2",
            [kind],
        )
        return [Recorded(kind, ObjectName(self._database, row[0], row[1]), *row[2:]) for row in found]

    # -- the life of tables, views and schemas -------------------------------

    def forget(self, name: ObjectName, *, keep_grants: bool = False) -> None:
        """The object is gone or replaced, and with it all that was recorded about it."""
        for table in _BY_OBJECT:
            if table == "_grants" and keep_grants:
                continue
            self._rows(
                f"delete from {self.table(table)} where schema_name = ? and object_name = ?"
                + (_OF_RELATIONS if table == "_objects" else ""),
                [name.schema, name.name],
            )

    def forget_schema(self, schema: str) -> None:
        for table in _BY_OBJECT:
            self._rows(f"delete from {self.table(table)} where schema_name = ?", [schema])

    def rename(self, old: ObjectName, new: ObjectName) -> None:
        """What is recorded follows the object to its new name."""
        for table in _BY_OBJECT:
            self._rows(
                f"update {self.table(table)} set schema_name = ?, object_name = ? "
                "where schema_name = ? and object_name = ?" + (_OF_RELATIONS if table == "_objects" else ""),
                [new.schema, new.name, old.schema, old.name],
            )

    def swap(self, one: ObjectName, other: ObjectName) -> None:
        """Two tables have exchanged names; everything recorded, grants too, goes with the table."""
        for table in _BY_OBJECT:
            self._rows(
                f"update {self.table(table)} set "
                "schema_name = case when schema_name = ? and object_name = ? then ? else ? end, "
                "object_name = case when schema_name = ? and object_name = ? then ? else ? end "
                "where ((schema_name = ? and object_name = ?) or (schema_name = ? and object_name = ?))"
                + (_OF_RELATIONS if table == "_objects" else ""),
                [
                    *(one.schema, one.name, other.schema, one.schema),
                    *(one.schema, one.name, other.name, one.name),
                    *(one.schema, one.name, other.schema, other.name),
                ],
            )

    def rename_schema(self, old: str, new: str) -> None:
        for table in _BY_OBJECT:
            self._rows(f"update {self.table(table)} set schema_name = ? where schema_name = ?", [new, old])

    def swap_schemas(self, one: str, other: str) -> None:
        for table in _BY_OBJECT:
            self._rows(
                f"update {self.table(table)} set schema_name = case schema_name when ? then ? else ? end "
                "where schema_name in (?, ?)",
                [one, other, one, one, other],
            )

    def copy_schema(self, source: str, target: str) -> None:
        """A clone takes along tags, policies, constraints and the grants on the objects, not those on the
        schema.

        https://docs.snowflake.com/en/user-guide/object-clone#access-control-privileges-for-cloned-objects
        """
        for table in ("_objects", "_grants", "_tag_references", "_policy_references"):
            copied = f"select * replace (? as schema_name) from {self.table(table)} where schema_name = ?"
            if table == "_grants":
                copied += " and object_name <> '' and not starts_with(granted_on, 'FUTURE')"
                copied += " and privilege <> 'OWNERSHIP'"
            if table == "_objects":
                copied += " and kind <> 'STAGE'"
            self._rows(f"insert into {self.table(table)} {copied}", [target, source])

    def copy_protection(self, source: ObjectName, target: ObjectName) -> None:
        """A clone of a table, or a table made LIKE it, has its tags and policies, but not what it inherited.

        https://docs.snowflake.com/en/user-guide/object-tagging/work
        """
        for table in ("_tag_references", "_policy_references"):
            origin = quoted(source.database, HIDDEN_SCHEMA, table)
            self._rows(
                f"insert into {self.table(table)} select * replace (? as schema_name, ? as object_name) "
                f"from {origin} where schema_name = ? and object_name = ?",
                [target.schema, target.name, source.schema, source.name],
            )

    def rename_column(self, name: ObjectName, old: str, new: str | None) -> None:
        """Tags and policies follow a column to its new name, and go with a dropped one (`new` is None)."""
        which = "where schema_name = ? and object_name = ? and column_name = ?"
        for table in ("_tag_references", "_policy_references"):
            if new is None:
                self._rows(f"delete from {self.table(table)} {which}", [name.schema, name.name, old])
            else:
                self._rows(
                    f"update {self.table(table)} set column_name = ? {which}",
                    [new, name.schema, name.name, old],
                )

    # -- loads -------------------------------------------------------------

    def loaded(self, target: ObjectName) -> set[tuple[str, str]]:
        """(file, md5) of what has been copied into the table."""
        found = self._rows(
            f"select file, md5 from {self.table('_loads')} where schema_name = ? and object_name = ?",
            [target.schema, target.name],
        )
        return {(row[0], row[1]) for row in found}

    def add_load(self, target: ObjectName, file: str, md5: str, rows: int) -> None:
        self._rows(
            f"insert into {self.table('_loads')} (schema_name, object_name, file, md5, rows) values (?, ?, "
            "?, ?, ?)",
            [target.schema, target.name, file, md5, rows],
        )

    def forget_loads(self, target: ObjectName) -> None:
        self._rows(
            f"delete from {self.table('_loads')} where schema_name = ? and object_name = ?",
            [target.schema, target.name],
        )
