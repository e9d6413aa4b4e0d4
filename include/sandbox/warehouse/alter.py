"""ALTER TABLE, ALTER VIEW and COMMENT ON.

https://docs.snowflake.com/en/sql-reference/sql/alter-table and .../comment
"""

from __future__ import annotations

from dataclasses import replace

import sqlglot
from sqlglot import exp

from include.sandbox.warehouse import governance
from include.sandbox.warehouse.definitions import TableColumn, columns_of, copy_table, parsed_column, rebuild
from include.sandbox.warehouse.errors import invalid_identifier, missing_relation, syntax_error, unsupported
from include.sandbox.warehouse.guard import require_create, require_ownership
from include.sandbox.warehouse.names import ObjectName, literal, quoted
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.session import Session

_HINTS = (
    "DATA_RETENTION_TIME_IN_DAYS",
    "MAX_DATA_EXTENSION_TIME_IN_DAYS",
    "CHANGE_TRACKING",
    "ENABLE_SCHEMA_EVOLUTION",
)


def alter(session: Session, reader: Reader) -> Result:
    """ALTER TABLE | VIEW [IF EXISTS] name action."""
    reader.expect("ALTER")
    kind = reader.accept_any("TABLE", "VIEW") or ""
    optional = reader.if_exists()
    name = session.object_name(reader.name())
    if not session.exists(name):
        if optional:
            return status()
        raise missing_relation(str(name))
    if not governance.governs(session, reader.words(6)):
        require_ownership(session, kind, name)
    if not governance.attach(session, reader, kind, name):
        if not {"RENAME", "SWAP"} & set(reader.words(1)) or reader.words(2) == ("RENAME", "COLUMN"):
            session.redefined = name
        _action(session, reader, kind, name)
    reader.end()
    return status()


def _action(session: Session, reader: Reader, kind: str, name: ObjectName) -> None:
    if reader.accept("RENAME", "TO"):
        _rename(session, kind, name, session.object_name(reader.name()))
    elif reader.accept("RENAME", "COLUMN"):
        old = reader.identifier()
        reader.expect("TO")
        new = reader.identifier()
        session.rows(f"alter table {session.physical(name)} rename column {quoted(old)} to {quoted(new)}")
        _follow(session, name, old, new)
    elif reader.accept("SWAP", "WITH"):
        _swap(session, name, session.object_name(reader.name()))
    elif reader.accept("ADD"):
        _add(session, reader, name)
    elif reader.accept("DROP"):
        _drop(session, reader, name)
    elif reader.accept_any("ALTER", "MODIFY"):
        _columns(session, reader, name)
    elif reader.accept("CLUSTER", "BY"):
        reader.parenthesised()
    elif reader.accept("SET"):
        _set(session, reader, kind, name)
    else:
        raise unsupported(f"ALTER {kind} {' '.join(reader.words(2))}")


def _rename(session: Session, kind: str, old: ObjectName, new: ObjectName) -> None:
    session.require_schema(new.in_schema)
    require_create(session, kind, new.in_schema)
    if old.in_schema == new.in_schema:
        session.rows(f"alter {kind.lower()} {old.sql} rename to {quoted(new.name)}")
    elif kind == "TABLE" and old.database == new.database:
        copy_table(session, old, new)
        session.rows(f"drop table {old.sql}")
    else:
        raise unsupported(f"ALTER {kind} RENAME to another schema")
    session.records(old.database).rename(old, new)


def _swap(session: Session, one: ObjectName, other: ObjectName) -> None:
    """Both tables exchange names, grants and load history in one step."""
    if not session.exists(other):
        raise missing_relation(str(other))
    require_ownership(session, "TABLE", other)
    if one.database != other.database:
        raise unsupported("SWAP WITH a table of another database")
    if one.in_schema == other.in_schema:
        aside = f"~{one.name}"
        session.rows(f"alter table {one.sql} rename to {quoted(aside)}")
        session.rows(f"alter table {other.sql} rename to {quoted(one.name)}")
        session.rows(f"alter table {quoted(one.database, one.schema, aside)} rename to {quoted(other.name)}")
    else:
        held = ObjectName(one.database, one.schema, f"~{one.name}")
        session.rows(f"alter table {one.sql} rename to {quoted(held.name)}")
        copy_table(session, other, one)
        session.rows(f"drop table {other.sql}")
        copy_table(session, held, other)
        session.rows(f"drop table {held.sql}")
    session.records(one.database).swap(one, other)


def _add(session: Session, reader: Reader, name: ObjectName) -> None:
    if reader.words(1)[0] in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN"):
        session.records(name.database).put("CONSTRAINTS", name, reader.rest(), owner=session.role)
        return
    reader.accept("COLUMN")
    optional = reader.if_not_exists()
    existing = columns_of(session, name)
    added = _parsed_columns(session, reader.rest())
    if optional:
        added = [column for column in added if column.name not in {c.name for c in existing}]
    for column in added:
        if column.not_null or column.length is not None:
            values = [quoted(c.name) for c in existing] + [column.default or "NULL"]
            rebuild(session, name, [*existing, column], values)
        else:
            session.rows(f"alter table {session.physical(name)} add column {column.sql}")
        existing.append(column)


def _parsed_columns(session: Session, listed: str) -> list[TableColumn]:
    text = listed.replace(" if not exists ", " ").replace(" IF NOT EXISTS ", " ")
    try:
        tree = sqlglot.parse_one(f"create table t ({text})", read="snowflake")
    except sqlglot.errors.SqlglotError:
        raise syntax_error(f"syntax error in column definition '{listed}'.") from None
    return [parsed_column(session, item) for item in tree.this.expressions if isinstance(item, exp.ColumnDef)]


def _drop(session: Session, reader: Reader, name: ObjectName) -> None:
    if reader.words(1)[0] in ("CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN"):
        session.records(name.database).remove("CONSTRAINTS", name)
        reader.rest()
        return
    reader.accept("COLUMN")
    optional = "if exists " if reader.if_exists() else ""
    while True:
        column = reader.identifier()
        session.rows(f"alter table {session.physical(name)} drop column {optional}{quoted(column)}")
        _follow(session, name, column, None)
        if not reader.accept(","):
            return
        reader.accept("COLUMN")


def _follow(session: Session, name: ObjectName, column: str, new: str | None) -> None:
    """A column's tags and policies are its own, whatever it is called; a later one of its name has none."""
    if name in session.temporary:
        held = session.temporary_tags.get(name, {}).pop(column, {})
        if new is not None:
            session.temporary_tags.setdefault(name, {})[new] = held
    else:
        session.records(name.database).rename_column(name, column, new)


def _columns(session: Session, reader: Reader, name: ObjectName) -> None:
    """ALTER|MODIFY [COLUMN] a action [, [COLUMN] b action ...], with or without parentheses."""
    wrapped = reader.accept("(")
    while True:
        reader.accept("COLUMN")
        _column(session, reader, name, reader.identifier())
        if not reader.accept(","):
            break
    if wrapped:
        reader.expect(")")


def _column(session: Session, reader: Reader, name: ObjectName, column: str) -> None:
    table = session.physical(name)
    known = {c.name: c for c in columns_of(session, name)}
    if column not in known:
        raise invalid_identifier(column)
    head = f"alter table {table} alter column {quoted(column)}"
    if reader.accept("COMMENT"):
        session.rows(f"comment on column {table}.{quoted(column)} is {literal(reader.string())}")
    elif reader.accept("DROP", "NOT", "NULL"):
        session.rows(f"{head} drop not null")
    elif reader.accept("SET", "NOT", "NULL") or reader.accept("NOT", "NULL"):
        session.rows(f"{head} set not null")
    elif reader.accept("DROP", "DEFAULT"):
        session.rows(f"{head} drop default")
    else:
        if not reader.accept("SET", "DATA", "TYPE"):
            reader.accept("TYPE")
        changed = _parsed_columns(session, f"{quoted(column)} {_data_type(reader)}")[0]
        old = known[column]
        new = replace(old, duckdb_type=changed.duckdb_type, length=changed.length)
        columns = [new if c.name == column else c for c in known.values()]
        values = [f"{quoted(c.name)}::{c.duckdb_type}" if c is new else quoted(c.name) for c in columns]
        rebuild(session, name, columns, values)


def _data_type(reader: Reader) -> str:
    words = [reader.identifier()]
    if words[0] in ("CHARACTER", "DOUBLE"):
        words.extend(word for word in (reader.accept_any("VARYING", "PRECISION"),) if word)
    return " ".join(words) + (f"({reader.parenthesised()})" if reader.words(1) == ("(",) else "")


def _set(session: Session, reader: Reader, kind: str, name: ObjectName) -> None:
    options = reader.options()
    comment = options.pop("COMMENT", None)
    if isinstance(comment, str):
        session.rows(f"comment on {kind.lower()} {session.physical(name)} is {literal(comment)}")
    for option in options:
        if option not in _HINTS:
            raise unsupported(f"ALTER {kind} SET {option}")


def comment(session: Session, reader: Reader) -> Result:
    """COMMENT [IF EXISTS] ON kind name IS 'text'."""
    reader.expect("COMMENT")
    optional = reader.if_exists()
    reader.expect("ON")
    kind = reader.accept_any("TABLE", "VIEW", "COLUMN", "SCHEMA", "DATABASE", "TAG", "ROLE")
    if kind is None:
        raise unsupported(f"COMMENT ON {' '.join(reader.words(1))}")
    parts = reader.name()
    reader.expect("IS")
    text = reader.string()
    reader.end()
    if kind == "COLUMN":
        column = parts.pop()
        target = session.object_name(parts)
        require_ownership(session, "TABLE", target)
        session.rows(f"comment on column {session.physical(target)}.{quoted(column)} is {literal(text)}")
    elif kind in ("TABLE", "VIEW"):
        target = session.object_name(parts)
        if optional and not session.exists(target):
            return status()
        require_ownership(session, kind, target)
        session.rows(f"comment on {kind.lower()} {session.physical(target)} is {literal(text)}")
    else:
        governance.comment(session, kind, parts, text)
        return status()
    session.redefined = target
    return status()
