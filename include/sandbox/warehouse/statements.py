"""Runs one statement: finds who understands it, and keeps Snowflake's rules about transactions around it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlglot import exp

from include.sandbox.warehouse import (
    alter,
    copy,
    databases,
    describe,
    dml,
    governance,
    queries,
    roles,
    schemas,
    settings,
    shows,
    stages,
    tables,
    tags,
    users,
)
from include.sandbox.warehouse.errors import unsupported
from include.sandbox.warehouse.functions import check_functions
from include.sandbox.warehouse.letter_case import check_letter_case
from include.sandbox.warehouse.names import literal
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.resolve import check_clauses
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.shield import shield
from include.sandbox.warehouse.translate import parse

Handler = Callable[[Session, Reader], Result]

_MODIFIERS = {"OR", "REPLACE", "TEMP", "TEMPORARY", "TRANSIENT", "LOCAL", "GLOBAL", "VOLATILE", "SECURE"}

# Statements read word by word, because sqlglot has no model of them or loses parts.
_COMMANDS: dict[tuple[str, ...], Handler] = {
    ("BEGIN",): settings.begin,
    ("START", "TRANSACTION"): settings.begin,
    ("COMMIT",): settings.commit,
    ("ROLLBACK",): settings.rollback,
    ("USE",): settings.use,
    ("UNSET",): settings.unset,
    ("PUT",): stages.put,
    ("LIST",): stages.list_files,
    ("LS",): stages.list_files,
    ("REMOVE",): stages.remove,
    ("RM",): stages.remove,
    ("COPY", "INTO"): copy.copy_into,
    ("SHOW", "GRANTS"): shows.grants,
    ("SHOW", "ROLES"): shows.roles,
    ("SHOW", "STAGES"): shows.recorded("STAGE"),
    ("SHOW", "FILE", "FORMATS"): shows.recorded("FILE FORMAT"),
    ("SHOW", "TAGS"): shows.recorded("TAG"),
    ("SHOW", "MASKING", "POLICIES"): shows.recorded("MASKING POLICY"),
    ("SHOW", "ROW", "ACCESS", "POLICIES"): shows.recorded("ROW ACCESS POLICY"),
    ("SHOW",): shows.stock,
    ("CREATE", "DATABASE"): databases.create,  # DuckDB attaches outside of transactions
    ("DROP", "DATABASE"): databases.drop,
    ("CREATE", "WAREHOUSE"): databases.accept_warehouse,
    ("ALTER", "WAREHOUSE"): databases.accept_warehouse,
    ("DESC",): describe.describe,
    ("DESCRIBE",): describe.describe,
}

# The same, for statements that define something: each is its own transaction.
_DEFINITIONS: dict[tuple[str, ...], Handler] = {
    ("CREATE", "STAGE"): stages.create,
    ("DROP", "STAGE"): stages.drop,
    ("CREATE", "FILE", "FORMAT"): governance.create("FILE FORMAT"),
    ("DROP", "FILE", "FORMAT"): governance.drop("FILE FORMAT"),
    ("CREATE", "TAG"): governance.create("TAG"),
    ("DROP", "TAG"): governance.drop("TAG"),
    ("CREATE", "MASKING", "POLICY"): governance.create("MASKING POLICY"),
    ("DROP", "MASKING", "POLICY"): governance.drop("MASKING POLICY"),
    ("CREATE", "ROW", "ACCESS", "POLICY"): governance.create("ROW ACCESS POLICY"),
    ("DROP", "ROW", "ACCESS", "POLICY"): governance.drop("ROW ACCESS POLICY"),
    ("ALTER", "TABLE"): alter.alter,
    ("ALTER", "VIEW"): alter.alter,
    ("ALTER", "SCHEMA"): schemas.alter,
    ("ALTER", "TAG"): tags.alter,
    ("COMMENT",): alter.comment,
    ("CREATE", "ROLE"): roles.create,
    ("DROP", "ROLE"): roles.drop,
    ("CREATE", "USER"): users.create,
    ("DROP", "USER"): users.drop,
    ("GRANT",): roles.grant,
    ("REVOKE",): roles.revoke,
    ("CREATE", "SCHEMA"): schemas.create,
    ("DROP", "SCHEMA"): schemas.drop,
}

_TREES: dict[type[exp.Expr], Callable[[Session, Any, Sequence[Any]], Result]] = {
    exp.Insert: dml.insert,
    exp.Update: dml.update,
    exp.Delete: dml.delete,
    exp.Merge: dml.merge,
    exp.Set: settings.set_variable,
    exp.TruncateTable: tables.truncate,
}
_TREE_DEFINITIONS: dict[type[exp.Expr], Callable[[Session, Any], Result]] = {
    exp.Create: tables.create,
    exp.Drop: tables.drop,
}


def execute(session: Session, sql: str, rows: Sequence[Sequence[Any]] = ()) -> Result:
    """Run a statement with the rows of values bound to it; failures are SnowflakeError."""
    with session.lock:
        result = session.retrying(lambda: _run(session, sql, rows))
        session.last_query_id = str(uuid.uuid4())
        session.remember(result)
        return result


def describe_only(session: Session, sql: str) -> Result:
    """The columns a query would have; nothing is run."""
    with session.lock:
        tree = parse(sql)
        if not isinstance(tree, exp.Query):
            return status()
        return queries.empty(session, shield(session, tree))


def _run(session: Session, sql: str, rows: Sequence[Sequence[Any]]) -> Result:
    text = _with_identifiers(sql)
    result = _run_command(session, Reader(_with_values(text, rows)))
    if result is not None:
        return result
    tree = parse(text)
    check_clauses(tree)
    check_functions(session, text, tree)
    check_letter_case(session, tree)
    return _run_tree(session, shield(session, tree), rows)


def _run_command(session: Session, reader: Reader) -> Result | None:
    """Run a statement that is read word by word; None if it is not one."""
    definition = _find(_DEFINITIONS, reader)
    if definition is not None:
        return _define(session, partial(definition, session, reader))
    command = _find(_COMMANDS, reader)
    return None if command is None else command(session, reader)


def _run_tree(session: Session, tree: exp.Expr, rows: Sequence[Sequence[Any]]) -> Result:
    if isinstance(tree, exp.Alter) and str(tree.args.get("kind")).upper() == "SESSION":
        return settings.alter_session(session, tree)
    if definition := _TREE_DEFINITIONS.get(type(tree)):
        return _define(session, partial(definition, session, tree))
    if handler := _TREES.get(type(tree)):
        if isinstance(tree, exp.DML) and not session.autocommit:
            session.begin()
        return handler(session, tree, rows)
    if isinstance(tree, exp.Query | exp.Values):
        return queries.run(session, tree, rows)
    words = tree.sql("snowflake").split()
    raise unsupported(" ".join(words[:3]).upper())


def _define(session: Session, define: Callable[[], Result]) -> Result:
    """DDL commits the open transaction, then is one of its own.

    https://docs.snowflake.com/en/sql-reference/transactions#ddl
    """
    session.commit()
    session.redefined = None
    try:
        with session.unit():
            return define()
    finally:
        session.account.access.changed(session.redefined)


def _find(commands: dict[tuple[str, ...], Handler], reader: Reader) -> Handler | None:
    words = reader.words(12)
    if words[:1] == ("CREATE",):
        kind = [word for word in words[1:] if word not in _MODIFIERS]
        words = ("CREATE", *kind)
    for length in range(4, 0, -1):
        if handler := commands.get(words[:length]):
            return handler
    return None


def _with_identifiers(sql: str) -> str:
    """IDENTIFIER('name') is the name: https://docs.snowflake.com/en/sql-reference/identifier-literal"""
    return re.sub(r"(?i)\bidentifier\s*\(\s*'([^']+)'\s*\)", r"\1", sql)


def _with_values(sql: str, rows: Sequence[Sequence[Any]]) -> str:
    """Bound values written into a statement that is read word by word."""
    if not rows:
        return sql
    values = iter(rows[0])
    return re.sub(r"('(?:[^']|'')*')|\?", lambda m: m[1] or literal(str(next(values))), sql)
