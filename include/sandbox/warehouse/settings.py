"""Statements about the session itself: transactions, USE, variables and parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from include.sandbox.warehouse import users
from include.sandbox.warehouse.errors import SnowflakeError, unsupported
from include.sandbox.warehouse.names import literal
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.translate import translate


def begin(session: Session, reader: Reader) -> Result:
    if not reader.accept("BEGIN"):
        reader.expect("START", "TRANSACTION")
    reader.accept_any("TRANSACTION", "WORK")
    if reader.accept("NAME"):
        reader.identifier()
    if not reader.done:
        raise unsupported("Snowflake Scripting block")
    session.begin()
    return status()


def commit(session: Session, reader: Reader) -> Result:
    reader.expect("COMMIT")
    reader.accept("WORK")
    reader.end()
    session.commit()
    return status()


def rollback(session: Session, reader: Reader) -> Result:
    reader.expect("ROLLBACK")
    reader.accept("WORK")
    reader.end()
    session.rollback()
    return status()


def use(session: Session, reader: Reader) -> Result:
    """https://docs.snowflake.com/en/sql-reference/sql/use"""
    reader.expect("USE")
    if reader.accept("SECONDARY", "ROLES"):
        reader.rest()
    elif reader.accept("ROLE"):
        users.use_role(session, reader.identifier())
    elif reader.accept("WAREHOUSE"):
        session.warehouse = reader.identifier()
    elif reader.accept("DATABASE"):
        session.use(reader.identifier(), None)
    elif reader.accept("SCHEMA"):
        _use_schema(session, reader.name())
    else:
        name = reader.name()
        if len(name) == 1:
            session.use(name[0], None)
        else:
            _use_schema(session, name)
    reader.end()
    return status()


def _use_schema(session: Session, name: list[str]) -> None:
    session.use(name[-2] if len(name) > 1 else None, name[-1])


def set_variable(session: Session, tree: exp.Set, _: Sequence[Any]) -> Result:
    """SET name = expression; the value is computed once."""
    for item in tree.expressions:
        assignment = item.this
        if not isinstance(assignment, exp.EQ):
            raise unsupported("SET of several variables at once")
        (value,) = session.rows(f"select {translate(assignment.expression, session)}")[0]
        session.variables[assignment.this.name.upper()] = "" if value is None else str(value)
    return status()


def unset(session: Session, reader: Reader) -> Result:
    reader.expect("UNSET")
    session.variables.pop(reader.identifier().upper(), None)
    return status()


def alter_session(session: Session, tree: exp.Alter) -> Result:
    """ALTER SESSION SET/UNSET. Changing AUTOCOMMIT commits the open transaction."""
    for action in tree.args.get("actions") or []:
        if not isinstance(action, exp.AlterSession):
            raise unsupported("ALTER SESSION")
        for item in action.expressions:
            target = item.this if isinstance(item, exp.SetItem) else item
            if action.args.get("unset"):
                session.parameters.pop(target.name.upper(), None)
            else:
                _set_parameter(session, target.this.name.upper(), target.expression)
    return status()


def _set_parameter(session: Session, name: str, value: exp.Expr) -> None:
    text = value.sql("snowflake") if isinstance(value, exp.Boolean) else value.name
    if name == "TIMEZONE" and text.upper() not in ("UTC", "ETC/UTC"):
        raise SnowflakeError(
            f"The sandbox warehouse runs in UTC and cannot set TIMEZONE to {literal(text)}; use "
            "CONVERT_TIMEZONE.",
            2,
            "0A000",
        )
    if name == "AUTOCOMMIT":
        session.commit()
    session.parameters[name] = text
