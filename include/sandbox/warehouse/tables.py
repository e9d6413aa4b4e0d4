"""CREATE, DROP and TRUNCATE of tables and views, each in one step: a reader sees the old or the new."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from include.sandbox.warehouse import definitions, governance
from include.sandbox.warehouse.access import of, of_schema
from include.sandbox.warehouse.errors import already_exists, missing_relation, unsupported
from include.sandbox.warehouse.guard import require, require_create
from include.sandbox.warehouse.masking import tags_of
from include.sandbox.warehouse.names import ObjectName, fold, literal, quoted, split
from include.sandbox.warehouse.queries import to_duckdb
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.roles import apply_future_grants, own
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.shield import remember_view
from include.sandbox.warehouse.translate import translate

_KEYS = (
    exp.PrimaryKey,
    exp.ForeignKey,
    exp.Constraint,
    exp.UniqueColumnConstraint,
    exp.PrimaryKeyColumnConstraint,
)
_IGNORED_PROPERTIES = (  # storage and session hints without a meaning here
    exp.TransientProperty,
    exp.TemporaryProperty,
    exp.CopyGrantsProperty,
    exp.SchemaCommentProperty,
    exp.SecureProperty,
    exp.ClusterProperty,
    exp.LikeProperty,
    exp.Tags,
    exp.VolatileProperty,
)


def create(session: Session, tree: exp.Create) -> Result:
    """CREATE of whatever sqlglot has a model for."""
    kind = str(tree.args.get("kind")).upper()
    if kind == "TABLE":
        return _create_relation(session, tree, "TABLE")
    if kind == "VIEW":
        return _create_relation(session, tree, "VIEW")
    if kind in ("FUNCTION", "SEQUENCE"):
        named = tree.this.this if isinstance(tree.this, exp.UserDefinedFunction) else tree.this
        require_create(session, kind, session.table_name(named).in_schema)
        session.rows(translate(tree, session))
        return status(f"{kind.title()} successfully created.")
    raise unsupported(f"CREATE {kind}")


def _create_relation(session: Session, tree: exp.Create, kind: str) -> Result:
    _check_properties(tree)
    listed = tree.this.expressions if isinstance(tree.this, exp.Schema) else []
    name = session.redefined = _name_of(session, tree)
    temporary = tree.find(exp.TemporaryProperty) is not None
    session.require_schema(name.in_schema)
    # A temporary table takes USAGE alone: https://docs.snowflake.com/en/sql-reference/sql/create-table
    require(session, of_schema(name.in_schema), "USAGE" if temporary else f"CREATE {kind}")
    present = name in session.temporary if temporary else session.exists(name)
    if present and tree.args.get("exists"):
        return status(f"{name.name} already exists, statement succeeded.")
    if present and not tree.args.get("replace"):
        raise already_exists(str(name))
    make = _create_table if kind == "TABLE" else _create_view
    tags = _tags(session, tree, listed)
    if temporary:
        hidden = session.temporary.get(name)
        # Without quotes: DuckDB's pragma_table_info does not read them within a name.
        made = f"{name}~{uuid.uuid4().hex[:8]}".replace('"', "")
        make(session, tree, quoted("temp", "main", made), f"create temporary {kind.lower()}", listed)
        session.temporary[name] = made
        session.temporary_tags[name] = tags
        if hidden is not None:
            _drop_temporary(session, hidden)
    else:
        if present:
            require(session, of(kind, name), "OWNERSHIP")
            session.records(name.database).forget(
                name, keep_grants=tree.find(exp.CopyGrantsProperty) is not None
            )
        make(session, tree, name.sql, f"create {'or replace ' if present else ''}{kind.lower()}", listed)
        _record_keys(session, tree, name)
        own(session, of(kind, name))
        apply_future_grants(session, name, kind)
        _protect(session, tree, kind, name, tags)
    return status(f"{kind.title()} {name.name} successfully created.")


def _name_of(session: Session, tree: exp.Create) -> ObjectName:
    return session.table_name(tree.this.this if isinstance(tree.this, exp.Schema) else tree.this)


def _create_table(
    session: Session, tree: exp.Create, physical: str, head: str, listed: Sequence[exp.Expr]
) -> None:
    columns = [definitions.parsed_column(session, item) for item in listed if isinstance(item, exp.ColumnDef)]
    keys = {name for item in listed if isinstance(item, exp.PrimaryKey) for name in _key_columns(item)}
    columns = [definitions.required(column) if column.name in keys else column for column in columns]
    query = to_duckdb(session, tree.expression) if tree.expression is not None else None
    like = tree.args.get("clone") or tree.find(exp.LikeProperty)
    if like is not None:
        source = session.table_name(like.this)
        definitions.create(session, physical, definitions.with_comments(session, source), head=head)
        if isinstance(like, exp.Clone):
            session.rows(f"insert into {physical} select * from {session.physical(source)}")
    elif query is not None and not columns:
        names = f" ({', '.join(quoted(fold(c.sql('snowflake'))) for c in listed)})" if listed else ""
        session.rows(f"{head} {physical}{names} as {query}")
    elif query is not None and "or replace" in head:
        _replace_by_query(session, physical, columns, query)
    else:
        definitions.create(session, physical, columns, head=head)
        if query is not None:
            session.rows(f"insert into {physical} {query}")
    _comment(session, tree, "table", physical)


def _replace_by_query(
    session: Session, physical: str, columns: Sequence[definitions.TableColumn], query: str
) -> None:
    """The query may read the table that is being replaced, so its rows are taken aside first."""
    aside = quoted("temp", "main", f"~{uuid.uuid4().hex}")
    session.rows(f"create temporary table {aside} as {query}")
    definitions.create(session, physical, columns, head="create or replace table")
    session.rows(f"insert into {physical} select * from {aside}")
    session.rows(f"drop table {aside}")


def _create_view(
    session: Session, tree: exp.Create, physical: str, head: str, listed: Sequence[exp.Expr]
) -> None:
    names = [fold(item.this.sql("snowflake")) for item in listed if isinstance(item, exp.ColumnDef)]
    names = names or [fold(item.sql("snowflake")) for item in listed]
    columns = f" ({', '.join(quoted(name) for name in names)})" if names else ""
    session.rows(f"{head} {physical}{columns} as {to_duckdb(session, tree.expression)}")
    if "temporary" not in head:
        remember_view(session, _name_of(session, tree), tree.expression, names)
    for item in listed:
        if isinstance(item, exp.ColumnDef) and (comment := item.find(exp.CommentColumnConstraint)):
            column = fold(item.this.sql("snowflake"))
            session.rows(f"comment on column {physical}.{quoted(column)} is {literal(comment.this.name)}")
    _comment(session, tree, "view", physical)


def _comment(session: Session, tree: exp.Create, kind: str, physical: str) -> None:
    properties = tree.args.get("properties")
    comment = properties.find(exp.SchemaCommentProperty) if properties is not None else None
    if comment is not None:
        session.rows(f"comment on {kind} {physical} is {literal(comment.this.name)}")


def _check_properties(tree: exp.Create) -> None:
    properties = tree.args.get("properties")
    for item in properties.expressions if properties is not None else []:
        if not isinstance(item, _IGNORED_PROPERTIES):
            raise unsupported(f"CREATE option {item.sql('snowflake')}")


def _tags(session: Session, tree: exp.Create, listed: Sequence[exp.Expr]) -> dict[str, dict[str, str]]:
    """Column, or "" for the table -> tag -> value, as WITH TAG gives them or a copy's source has them."""
    found: dict[str, dict[str, str]] = {}
    copied = tree.args.get("clone") or tree.find(exp.LikeProperty)
    if copied is not None and tree.find(exp.TemporaryProperty):
        # Beside the session it has nothing to inherit from, so all of the source's protection comes along.
        source = session.table_name(copied.this)
        tags = tags_of(session, source)
        found = {**tags, "": {**tags["<schema>"], **tags.get("", {})}}
    given = [("", tree.args["properties"])] if tree.args.get("properties") else []
    columns = [item for item in listed if isinstance(item, exp.ColumnDef)]
    given += [(fold(item.this.sql("snowflake")), item) for item in columns]
    for column, holder in given:
        for item in [item for tags_ in holder.find_all(exp.Tags) for item in tags_.expressions]:
            tag = governance.require_apply(session, split(item.this.sql("snowflake")))
            found.setdefault(column, {})[str(tag)] = item.args["value"].name
    return found


def _protect(
    session: Session, tree: exp.Create, kind: str, name: ObjectName, tags: dict[str, dict[str, str]]
) -> None:
    copied = tree.args.get("clone") or tree.find(exp.LikeProperty)
    if copied is not None:
        session.records(name.database).copy_protection(session.table_name(copied.this), name)
    for column, held in tags.items():
        for tag, value in held.items():
            governance.set_tag(session, ObjectName(*split(tag)), value, domain=kind, name=name, column=column)


def _key_columns(key: exp.PrimaryKey) -> list[str]:
    return [fold(column.sql("snowflake").split()[0]) for column in key.expressions]


def _record_keys(session: Session, tree: exp.Create, name: ObjectName) -> None:
    """Keys are recorded, not enforced: https://docs.snowflake.com/en/sql-reference/constraints-overview"""
    listed = tree.this.expressions if isinstance(tree.this, exp.Schema) else []
    keys = [key.sql("snowflake") for item in listed for key in item.find_all(*_KEYS)]
    if keys:
        session.records(name.database).put("CONSTRAINTS", name, "; ".join(keys), owner=session.role)


def drop(session: Session, tree: exp.Drop) -> Result:
    """DROP TABLE, VIEW, FUNCTION or SEQUENCE; a temporary object of the name goes first."""
    kind = str(tree.args.get("kind")).upper()
    if kind in ("FUNCTION", "SEQUENCE"):
        named = session.table_name(tree.this if tree.this is not None else tree.args["tables"][0])
        require_create(session, kind, named.in_schema)
        session.rows(translate(tree, session))
        return status("Statement executed successfully.")
    if kind not in ("TABLE", "VIEW"):
        raise unsupported(f"DROP {kind}")
    (target,) = tree.args["tables"]
    name = session.redefined = session.table_name(target)
    if name in session.temporary:
        shutil.rmtree(session.stage_of(name), ignore_errors=True)
        _drop_temporary(session, session.temporary.pop(name))
        session.temporary_tags.pop(name, None)
        return status(f"{name.name} successfully dropped.")
    if not session.exists(name):
        if tree.args.get("exists"):
            return status("Drop statement executed successfully (object already dropped).")
        raise missing_relation(str(name))
    require(session, of(kind, name), "OWNERSHIP")
    session.rows(f"drop {kind.lower()} {name.sql}")
    session.records(name.database).forget(name)
    return status(f"{name.name} successfully dropped.")


def _drop_temporary(session: Session, made: str) -> None:
    kinds = session.rows(
        "select 'view' from duckdb_views() where database_name = 'temp' and view_name = ? "
        "union all select 'table' from duckdb_tables() where database_name = 'temp' and table_name = ?",
        [made, made],
    )
    for (kind,) in kinds:
        session.rows(f"drop {kind} {quoted('temp', 'main', made)}")


def truncate(session: Session, tree: exp.TruncateTable, _: Sequence[Any]) -> Result:
    """TRUNCATE forgets what was loaded: https://docs.snowflake.com/en/sql-reference/sql/truncate-table"""
    (target,) = tree.expressions
    name = session.table_name(target)
    if not session.exists(name):
        if tree.args.get("exists"):
            return status()
        raise missing_relation(str(name))
    with session.unit():
        session.rows(f"delete from {session.physical(name)}")
        if name not in session.temporary:
            session.records(name.database).forget_loads(name)
    return status()
