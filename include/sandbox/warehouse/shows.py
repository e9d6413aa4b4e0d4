"""SHOW: grants, roles and recorded objects from our records, everything else as snowduck renders it.

https://docs.snowflake.com/en/sql-reference/sql/show-grants and the page of each SHOW
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from include.sandbox.warehouse.names import literal, quoted
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, from_cursor
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.storage import ACCOUNT
from include.sandbox.warehouse.translate import generate, parse

_ACCOUNT_KINDS = ("ROLE", "WAREHOUSE", "USER", "INTEGRATION")


def grants(session: Session, reader: Reader) -> Result:
    """SHOW GRANTS [ON kind name | TO ROLE r | TO USER u | OF ROLE r]."""
    reader.expect("SHOW", "GRANTS")
    condition = "not starts_with(granted_on, 'FUTURE')"
    if reader.accept("ON"):
        condition += f" and {_on(session, reader)}"
    elif reader.accept("TO"):
        kind = reader.accept_any("ROLE", "USER") or "ROLE"
        condition += f" and granted_to = {literal(kind)} and grantee_name = {literal(reader.identifier())}"
    elif reader.accept("OF", "ROLE"):
        condition += f" and granted_on = 'ROLE' and name = {literal(reader.identifier())}"
    reader.end()
    return from_cursor(
        session.run(
            "select created_on, privilege, granted_on, name, granted_to, grantee_name, "
            f"grant_option::varchar as grant_option, granted_by from ({_all_grants(session)}) g "
            f"where {condition} order by name, grantee_name, privilege"
        )
    )


def _on(session: Session, reader: Reader) -> str:
    if reader.accept("ACCOUNT"):
        return "granted_on = 'ACCOUNT'"
    kind = (
        reader.accept_any(*_ACCOUNT_KINDS, "DATABASE", "SCHEMA", "STAGE", "TAG", "TABLE", "VIEW") or "TABLE"
    )
    if kind in (*_ACCOUNT_KINDS, "DATABASE"):
        return f"granted_on = {literal(kind)} and name = {literal(reader.identifier())}"
    parts = reader.name()
    name = session.schema_name(parts) if kind == "SCHEMA" else session.object_name(parts)
    kinds = "('TABLE', 'VIEW')" if kind in ("TABLE", "VIEW") else f"({literal(kind)})"
    return f"granted_on in {kinds} and name = {literal(_dotted(name))}"


def _dotted(name: Any) -> str:
    return ".".join(vars(name).values())


def _all_grants(session: Session) -> str:
    """The account's grants and each database's, in SHOW GRANTS' columns."""
    parts = [
        "select created_on, privilege, granted_on, name, granted_to, grantee as grantee_name, "
        "grant_option, granted_by "
        f"from {ACCOUNT}._account_grants"
    ]
    for database in session.account.database_names():
        parts.append(
            f"select created_on, privilege, granted_on, concat_ws('.', {literal(database)}, "
            "nullif(schema_name, ''), nullif(object_name, '')), granted_to, grantee, grant_option, "
            f"granted_by from {session.records(database).table('_grants')}"
        )
    return " union all ".join(parts)


def roles(session: Session, reader: Reader) -> Result:
    reader.expect("SHOW", "ROLES")
    like = _like(reader)
    return from_cursor(
        session.run(
            f"select created_on, name, 'N' as is_default, case when name = {literal(session.role)} then "
            "'Y' else 'N' end as is_current, 'N' as is_inherited, 0 as assigned_to_users, 0 as "
            f"granted_to_roles, 0 as granted_roles, 'ACCOUNTADMIN' as owner, comment from {ACCOUNT}._roles "
            f"where name ilike {like} order by name"
        )
    )


def recorded(kind: str) -> Callable[[Session, Reader], Result]:
    """SHOW of stages, file formats, tags and policies, in the session's database or the scope given."""

    def handler(session: Session, reader: Reader) -> Result:
        reader.accept("SHOW")
        while reader.words(1) and reader.words(1)[0] not in ("LIKE", "IN"):
            reader.skip()
        like = _like(reader)
        databases, schema = _scope(session, reader)
        parts = [
            "select created_on, object_name as name, "
            f"{literal(database)} as database_name, schema_name, owner, comment, definition "
            f"from {quoted(database, '_information_schema', '_objects')} where kind = {literal(kind)} "
            f"and object_name ilike {like}" + (f" and schema_name = {literal(schema)}" if schema else "")
            for database in databases
        ]
        return from_cursor(session.run(" union all ".join(parts) + " order by 3, 4, 2"))

    return handler


def _like(reader: Reader) -> str:
    return literal(reader.string()) if reader.accept("LIKE") else "'%'"


def _scope(session: Session, reader: Reader) -> tuple[Sequence[str], str | None]:
    if reader.accept("IN"):
        if reader.accept("ACCOUNT"):
            return session.account.database_names(), None
        if reader.accept("DATABASE"):
            return [reader.identifier()], None
        reader.accept("SCHEMA")
        schema = session.schema_name(reader.name())
        return [schema.database], schema.schema
    if session.database is None:
        return session.account.database_names(), None
    return [session.database], session.schema


def stock(session: Session, reader: Reader) -> Result:
    """SHOW of anything else."""
    return from_cursor(session.run(generate(parse(reader.rest()), session)))
