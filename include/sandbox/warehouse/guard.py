"""Refuses what the session's role may not do, in Snowflake's words.

https://docs.snowflake.com/en/user-guide/security-access-control-privileges: an object on which a role holds
nothing does not exist for it; one on which it holds something else is named in the refusal.
"""

from __future__ import annotations

from include.sandbox.warehouse.access import ACCOUNT_ITSELF, Securable, of, of_schema
from include.sandbox.warehouse.errors import insufficient, missing, missing_relation
from include.sandbox.warehouse.names import ObjectName, SchemaName
from include.sandbox.warehouse.session import Session

_RELATIONS = ("TABLE", "VIEW")


def require(session: Session, what: Securable, *privileges: str, role: str | None = None) -> None:
    """One of the privileges on the object, or ownership of it, for the role (the session's, if not given)."""
    access, role = session.account.access, role or session.role
    if access.may(role, what, *privileges):
        return
    if access.reaches(role, what) and access.held(role, what):
        raise insufficient(what.kind, what.name or what.schema or str(what))
    if what.kind in _RELATIONS:
        schema = Securable("SCHEMA", what.database, what.schema)
        if not access.may(role, schema, "USAGE"):
            raise missing("Schema", str(schema))
        raise missing_relation(str(what))
    raise missing(what.kind.title(), str(what))


def require_any(session: Session, relation: Securable) -> None:
    """Any privilege on a table or view, which is what its description takes."""
    access = session.account.access
    if not (access.reaches(session.role, relation) and access.held(session.role, relation)):
        raise missing_relation(str(relation))


def require_relation(session: Session, name: ObjectName, *privileges: str) -> None:
    """The same for a table or view; a session's own temporary ones are always its own."""
    if name not in session.temporary:
        require(session, of("TABLE", name), *privileges)


def require_ownership(session: Session, kind: str, name: ObjectName) -> None:
    if name not in session.temporary:
        require(session, of(kind, name), "OWNERSHIP")


def require_schema_ownership(session: Session, name: SchemaName) -> None:
    require(session, of_schema(name), "OWNERSHIP")


def require_create(session: Session, kind: str, schema: SchemaName) -> None:
    """CREATE TABLE, CREATE STAGE and their like, on the schema."""
    require(session, of_schema(schema), f"CREATE {kind}")


def require_on_account(session: Session, privilege: str) -> None:
    """A privilege on the account, such as CREATE ROLE."""
    if not session.account.access.may(session.role, ACCOUNT_ITSELF, privilege):
        raise insufficient("account", "SANDBOX")


def require_grantable(session: Session, what: Securable, privileges: list[str]) -> None:
    """Who may give a privilege on: its owner, MANAGE GRANTS, or a holder WITH GRANT OPTION.

    https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#access-control-requirements
    """
    access = session.account.access
    if access.may(session.role, ACCOUNT_ITSELF, "MANAGE GRANTS"):
        return
    if what.kind == "ROLE" or what == ACCOUNT_ITSELF:
        raise insufficient(what.kind, what.name)
    if what.kind.startswith("FUTURE"):
        what = Securable("SCHEMA" if what.schema else "DATABASE", what.database, what.schema)
    if not access.may_grant(session.role, what, privileges):
        require(session, what, "OWNERSHIP")
