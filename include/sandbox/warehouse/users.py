"""Users and the roles they may take. https://docs.snowflake.com/en/sql-reference/sql/create-user

There is no authentication. Whoever is created with CREATE USER may take the roles granted to it and no other;
a user nobody created may take every role there is.
"""

from __future__ import annotations

from include.sandbox.warehouse.errors import (
    SnowflakeError,
    already_exists,
    cannot_use,
    missing,
    role_not_assigned,
)
from include.sandbox.warehouse.guard import require_on_account
from include.sandbox.warehouse.names import fold
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.storage import ACCOUNT


def create(session: Session, reader: Reader) -> Result:
    """CREATE USER [IF NOT EXISTS] name [DEFAULT_ROLE = r] [options that describe the person or the login]."""
    reader.expect("CREATE", "USER")
    optional = reader.if_not_exists()
    name = reader.identifier()
    default = reader.options().get("DEFAULT_ROLE")
    reader.end()
    require_on_account(session, "CREATE USER")
    if session.account.access.default_role(name) is not None:
        if not optional:
            raise already_exists(name)
        return status(f"{name} already exists, statement succeeded.")
    role = fold(default) if isinstance(default, str) else None
    session.rows(f"insert into {ACCOUNT}._users (name, default_role) values (?, ?)", [name, role])
    return status(f"User {name} successfully created.")


def drop(session: Session, reader: Reader) -> Result:
    reader.expect("DROP", "USER")
    optional = reader.if_exists()
    name = reader.identifier()
    reader.end()
    require_on_account(session, "MANAGE GRANTS")
    if session.account.access.default_role(name) is None and not optional:
        raise missing("User", name)
    session.rows(f"delete from {ACCOUNT}._users where name = ?", [name])
    session.rows(f"delete from {ACCOUNT}._account_grants where granted_to = 'USER' and grantee = ?", [name])
    return status(f"{name} successfully dropped.")


def use_role(session: Session, role: str) -> None:
    """USE ROLE: https://docs.snowflake.com/en/sql-reference/sql/use-role"""
    if not session.account.access.role_exists(role):
        raise cannot_use(role)
    if not session.account.access.may_assume(session.user, role):
        raise role_not_assigned(role)
    session.role = role


def log_in(session: Session, role: str | None) -> None:
    """Give a new session its role: the one asked for, or the user's own."""
    access = session.account.access
    wanted = fold(role) if role else access.default_role(session.user) or session.role
    if not access.may_assume(session.user, wanted):
        raise SnowflakeError(
            f"Role '{wanted}' specified in the connect string does not exist or not authorized. Contact your "
            "local system administrator, or attempt to login with another role, e.g. PUBLIC.",
            390189,
            "08001",
        )
    session.role = wanted
