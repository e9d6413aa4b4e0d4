"""What every parsed statement passes before it runs: its role must hold the privileges it needs, and reads of
masked columns are rewritten to what the role sees of them.

A table with masked columns becomes a subquery over it, so a filter, a join, DISTINCT or a copy of the rows
meets the masked values: https://docs.snowflake.com/en/user-guide/security-column-intro. A view reads with the
privileges of its owner, and its tables' policies judge who asks:
https://docs.snowflake.com/en/user-guide/security-column-advanced.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from include.sandbox.warehouse.access import of
from include.sandbox.warehouse.definitions import columns_of
from include.sandbox.warehouse.errors import missing_relation, unsupported
from include.sandbox.warehouse.guard import require, require_relation
from include.sandbox.warehouse.masking import masks
from include.sandbox.warehouse.names import ObjectName
from include.sandbox.warehouse.resolve import is_cte, resolve
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.storage import HIDDEN_SCHEMA

_CARRIED = ("alias", "joins", "laterals", "pivots", "sample", "hints")


def shield(session: Session, tree: exp.Expr) -> exp.Expr:
    """The statement as the session's role may run it. Raises SnowflakeError where it may not."""
    _refuse_reading_functions(tree)
    targets = {id(table): privileges for table, privileges in _targets(tree)}
    for table, name in _named(session, tree):
        if id(table) not in targets:
            _check_read(session, name, session.role)
        for privilege in targets.get(id(table), ()):
            require_relation(session, name, privilege)
        if isinstance(tree, exp.Update | exp.Delete | exp.Merge) and id(table) in targets:
            _refuse_masked_target(session, tree, table, name)
    # A temporary view lives and dies with its maker, so it keeps what its maker sees.
    is_view = isinstance(tree, exp.Create) and str(tree.args.get("kind")).upper() == "VIEW"
    if is_view and tree.find(exp.TemporaryProperty) is None:
        return tree
    return _masked(session, tree, set(targets), session.role)


def remember_view(session: Session, name: ObjectName, query: exp.Expr, columns: list[str]) -> None:
    """Keep a view's query as its owner wrote it, to be read again for each role that asks."""
    written = resolve(query, session)
    if columns:
        alias = exp.TableAlias(
            this=exp.to_identifier("v"), columns=[exp.to_identifier(c, quoted=True) for c in columns]
        )
        written = exp.select("*").from_(exp.Subquery(this=written, alias=alias))
    session.records(name.database).put("VIEW", name, written.sql("snowflake"), owner=session.role)


def _named(session: Session, tree: exp.Expr) -> Iterator[tuple[exp.Table, ObjectName]]:
    """The tables and views a statement names: no CTEs, functions, stages or metadata views."""
    known = set(session.account.access.database_names(session.account.database_names))
    for table in list(tree.find_all(exp.Table)):
        if not isinstance(table.this, exp.Identifier) or is_cte(table):
            continue
        if table.db.upper() in ("INFORMATION_SCHEMA", "ACCOUNT_USAGE"):
            continue
        name = session.table_name(table)
        if name.database not in known or name.schema == HIDDEN_SCHEMA:
            raise missing_relation(str(name))
        yield table, name


def _targets(tree: exp.Expr) -> Iterator[tuple[exp.Expr, set[str]]]:
    """What a statement writes to, and the privileges it takes; none where its handler asks for them."""
    if isinstance(tree, exp.Create | exp.Drop):
        made = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        yield from ((table, set()) for table in [made, *tree.args.get("tables", [])] if table is not None)
    elif isinstance(tree, exp.TruncateTable):
        yield from ((table, {"TRUNCATE"}) for table in tree.expressions)
    elif isinstance(tree, exp.Insert):
        overwriting = {"DELETE"} if tree.args.get("overwrite") else set()
        yield (tree.this.this if isinstance(tree.this, exp.Schema) else tree.this), {"INSERT"} | overwriting
    elif isinstance(tree, exp.Update | exp.Delete):
        yield tree.this, {type(tree).__name__.upper()}
    elif isinstance(tree, exp.Merge):
        actions = [when.args["then"] for when in tree.args["whens"].expressions]
        yield (
            tree.this,
            {
                type(a).__name__.upper() if isinstance(a, exp.Insert | exp.Update) else "DELETE"
                for a in actions
            },
        )


def _check_read(session: Session, name: ObjectName, role: str) -> None:
    if name not in session.temporary:
        require(session, of("TABLE", name), "SELECT", role=role)


def _masked(session: Session, tree: exp.Expr, targets: set[int], invoker: str) -> exp.Expr:
    replaced = []
    for table, name in _named(session, tree):
        if id(table) in targets or isinstance(table.parent, exp.Clone | exp.LikeProperty):
            continue
        scan = _scan(session, name, invoker)
        if scan is not None:
            _replace(table, name, scan)
            replaced.append(name)
    for column in list(tree.find_all(exp.Column)) if replaced else ():
        column.set("db", None)
        column.set("catalog", None)
    return tree


def _scan(session: Session, name: ObjectName, invoker: str) -> exp.Expr | None:
    """The query that reads the table or view as the session sees it; None where it sees all of it."""
    if name in session.temporary:
        return _find_scan(session, name, invoker)
    found: exp.Expr | None = session.account.access.recall(
        ("scan", name, session.role, invoker), lambda: _find_scan(session, name, invoker)
    )
    return None if found is None else found.copy()


def _find_scan(session: Session, name: ObjectName, invoker: str) -> exp.Expr | None:
    body, hidden = _view(session, name), masks(session, name, invoker)
    if body is None and not hidden:
        return None
    parts = [exp.to_identifier(part, quoted=True) for part in (name.name, name.schema, name.database)]
    source: exp.Expr = exp.Table(this=parts[0], db=parts[1], catalog=parts[2])
    if body is not None:
        source = exp.Subquery(this=body, alias=exp.TableAlias(this=parts[0].copy()))
    if not hidden:
        return exp.select("*").from_(source)
    listed = [exp.to_identifier(column.name, quoted=True) for column in columns_of(session, name)]
    return exp.select(
        *[
            exp.alias_(hidden[column.name], column.copy()) if column.name in hidden else exp.column(column)
            for column in listed
        ]
    ).from_(source)


def _view(session: Session, name: ObjectName) -> exp.Expr | None:
    """The view's query with the masks that judge this session; None for a table, or where none applies."""
    access = session.account.access
    found = access.facts(name.database, name.schema, name.name).definitions.get("VIEW")
    if found is None or name in session.temporary:
        return None
    owner = access.owner(of("VIEW", name))
    written = sqlglot.parse_one(found[1], read="snowflake")
    for _, read in _named(session, written):
        _check_read(session, read, owner)
    masked = _masked(session, written.copy(), set(), owner)
    return None if masked == written else masked


def _replace(table: exp.Table, name: ObjectName, scan: exp.Expr) -> None:
    carried = {key: table.args[key] for key in _CARRIED if table.args.get(key)}
    carried.setdefault("alias", exp.TableAlias(this=exp.to_identifier(name.name, quoted=True)))
    table.replace(exp.Subquery(this=scan, **carried))


def _refuse_masked_target(session: Session, tree: exp.Expr, table: exp.Table, name: ObjectName) -> None:
    """A change that looks at a column its role sees masked is refused; Snowflake looks at the mask."""
    hidden = masks(session, name, session.role)
    owners = {"", table.alias_or_name.upper()}
    for column in tree.find_all(exp.Column) if hidden else ():
        if column.name.upper() in {c.upper() for c in hidden} and column.table.upper() in owners:
            raise unsupported(f"masked column {column.name.upper()} in {type(tree).__name__.upper()}")


def _refuse_reading_functions(tree: exp.Expr) -> None:
    """DuckDB runs a function unmasked; Snowflake with its owner's rights and the caller's masks."""
    if not isinstance(tree, exp.Create) or str(tree.args.get("kind")).upper() != "FUNCTION":
        return
    try:
        body = sqlglot.parse_one(tree.expression.name, read="snowflake") if tree.expression else None
    except sqlglot.errors.SqlglotError:
        body = None
    if body is not None and body.find(exp.Table) is not None:
        raise unsupported("function that reads a table")
