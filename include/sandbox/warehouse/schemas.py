"""Schemas: CREATE, CLONE, DROP, RENAME and SWAP, each in one step for everyone who reads.

DuckDB can neither rename a schema nor move a table, so these copy tables inside one transaction: a reader's
snapshot holds all of the old schema or all of the new one.
https://docs.snowflake.com/en/sql-reference/sql/alter-schema
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from include.sandbox.warehouse import governance
from include.sandbox.warehouse.access import Securable, of_schema
from include.sandbox.warehouse.definitions import TableColumn, comment_columns, copy_table, with_comments
from include.sandbox.warehouse.errors import already_exists, cannot_use, missing, unsupported
from include.sandbox.warehouse.guard import require, require_schema_ownership
from include.sandbox.warehouse.names import ObjectName, SchemaName, literal, quoted
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.roles import own
from include.sandbox.warehouse.session import Session

_VIEW_HEAD = re.compile(r'^CREATE VIEW (?:(?:"(?:[^"]|"")+"|\w+)\.)*(?:"(?:[^"]|"")+"|\w+)')


@dataclass(frozen=True)
class _View:
    name: ObjectName
    sql: str
    comment: str | None
    columns: list[TableColumn]


def create(session: Session, reader: Reader) -> Result:
    """CREATE [OR REPLACE] [TRANSIENT] SCHEMA [IF NOT EXISTS] name [CLONE source] [COMMENT = '...']."""
    reader.expect("CREATE")
    replacing = reader.accept("OR", "REPLACE")
    reader.accept("TRANSIENT")
    reader.expect("SCHEMA")
    optional = reader.if_not_exists()
    name = session.schema_name(reader.name())
    source = session.schema_name(reader.name()) if reader.accept("CLONE") else None
    reader.accept("WITH", "MANAGED", "ACCESS")
    options = reader.options()
    reader.end()
    if name.database not in session.account.database_names():
        raise missing("Database", name.database)
    if source is not None and not session.has_schema(source):
        raise cannot_use(str(source))
    require(session, Securable("DATABASE", name.database), "CREATE SCHEMA")
    if source is not None:
        require(session, of_schema(source), "USAGE")
    if session.has_schema(name):
        if optional:
            return status(f"{name.schema} already exists, statement succeeded.")
        if not replacing:
            raise already_exists(str(name))
        require_schema_ownership(session, name)
        _remove(session, name)
    session.rows(f"create schema {name.sql}")
    own(session, of_schema(name))
    if source is not None:
        _clone(session, source, name)
    comment = options.pop("COMMENT", None)
    if isinstance(comment, str):
        governance.comment(session, "SCHEMA", [name.database, name.schema], comment)
    session.use(name.database, name.schema)
    return status(f"Schema {name.schema} successfully created.")


def drop(session: Session, reader: Reader) -> Result:
    reader.expect("DROP", "SCHEMA")
    optional = reader.if_exists()
    name = session.schema_name(reader.name())
    reader.accept_any("CASCADE", "RESTRICT")
    reader.end()
    if not session.has_schema(name):
        if optional:
            return status("Drop statement executed successfully (object already dropped).")
        raise missing("Schema", str(name))
    require_schema_ownership(session, name)
    _remove(session, name)
    if (session.database, session.schema) == (name.database, name.schema):
        session.schema = None
    return status(f"{name.schema} successfully dropped.")


def alter(session: Session, reader: Reader) -> Result:
    reader.expect("ALTER", "SCHEMA")
    optional = reader.if_exists()
    name = session.schema_name(reader.name())
    if not session.has_schema(name):
        if optional:
            return status()
        raise missing("Schema", str(name))
    require_schema_ownership(session, name)
    if reader.accept("SWAP", "WITH"):
        _swap(session, name, session.schema_name(reader.name()))
    elif reader.accept("RENAME", "TO"):
        _rename(session, name, session.schema_name(reader.name()))
    elif not governance.attach(session, reader, "SCHEMA", ObjectName(name.database, name.schema, "")):
        reader.expect("SET")
        comment = reader.options().get("COMMENT")
        if not isinstance(comment, str):
            raise unsupported("ALTER SCHEMA SET")
        governance.comment(session, "SCHEMA", [name.database, name.schema], comment)
    reader.end()
    return status()


def _remove(session: Session, name: SchemaName) -> None:
    session.rows(f"drop schema {name.sql} cascade")
    session.records(name.database).forget_schema(name.schema)


def _clone(session: Session, source: SchemaName, target: SchemaName) -> None:
    if source.database != target.database:
        raise unsupported("CLONE of a schema of another database")
    for table in _tables(session, source):
        copy_table(
            session,
            ObjectName(source.database, source.schema, table),
            ObjectName(target.database, target.schema, table),
        )
    views = _views(session, [source])
    for view in views:
        _create_view(session, target, view)
    session.records(source.database).copy_schema(source.schema, target.schema)
    for kind, names in (("TABLE", _tables(session, target)), ("VIEW", [v.name.name for v in views])):
        for relation in names:
            own(session, Securable(kind, target.database, target.schema, relation))


def _rename(session: Session, old: SchemaName, new: SchemaName) -> None:
    if old.database != new.database:
        raise unsupported("RENAME of a schema to another database")
    if session.has_schema(new):
        raise already_exists(str(new))
    session.rows(f"create schema {new.sql}")
    views = _views(session, [old])
    for table in _tables(session, old):
        copy_table(
            session, ObjectName(old.database, old.schema, table), ObjectName(new.database, new.schema, table)
        )
    session.rows(f"drop schema {old.sql} cascade")
    for view in views:
        _create_view(session, new, view)
    session.records(old.database).rename_schema(old.schema, new.schema)
    if (session.database, session.schema) == (old.database, old.schema):
        session.use(new.database, new.schema)


def _swap(session: Session, one: SchemaName, other: SchemaName) -> None:
    """Tables change places; views keep their text, as on Snowflake, and are made anew in the other schema."""
    if not session.has_schema(other):
        raise missing("Schema", str(other))
    require_schema_ownership(session, other)
    if one.database != other.database:
        raise unsupported("SWAP WITH a schema of another database")
    places = {one: other, other: one}
    views = _views(session, [one, other])
    for view in views:
        session.rows(f"drop view {view.name.sql}")
    held = {schema: _set_aside(session, schema) for schema in places}
    for schema, tables in held.items():
        for table, aside in tables.items():
            copy_table(session, aside, ObjectName(schema.database, places[schema].schema, table))
            session.rows(f"drop table {aside.sql}")
    for view in views:
        _create_view(session, places[view.name.in_schema], view)
    session.records(one.database).swap_schemas(one.schema, other.schema)


def _set_aside(session: Session, schema: SchemaName) -> dict[str, ObjectName]:
    """The schema's tables under other names, so that both schemas' names are free."""
    aside = {}
    for table in _tables(session, schema):
        aside[table] = ObjectName(schema.database, schema.schema, f"~{table}")
        session.rows(
            f"alter table {quoted(schema.database, schema.schema, table)} rename to {quoted(f'~{table}')}"
        )
    return aside


def _tables(session: Session, schema: SchemaName) -> list[str]:
    found = session.rows(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = ? order by "
        "table_oid",
        [schema.database, schema.schema],
    )
    return [row[0] for row in found]


def _views(session: Session, schemas: list[SchemaName]) -> list[_View]:
    """The schemas' views in the order they were made, so that each finds those it reads."""
    found = session.rows(
        "select database_name, schema_name, view_name, sql, comment from duckdb_views() "
        "where not internal order by view_oid"
    )
    names = [(ObjectName(*row[:3]), row[3], row[4]) for row in found if SchemaName(*row[:2]) in schemas]
    return [_View(name, sql, comment, with_comments(session, name)) for name, sql, comment in names]


def _create_view(session: Session, schema: SchemaName, view: _View) -> None:
    target = ObjectName(schema.database, schema.schema, view.name.name).sql
    head = f"CREATE VIEW {target}"
    session.rows(_VIEW_HEAD.sub(lambda _: head, view.sql, count=1))
    comment_columns(session, target, view.columns)
    if view.comment is not None:
        session.rows(f"comment on view {target} is {literal(view.comment)}")
