"""Databases, and the warehouses that have no body here."""

from __future__ import annotations

from include.sandbox.warehouse.access import Securable
from include.sandbox.warehouse.errors import already_exists, missing, unsupported
from include.sandbox.warehouse.guard import require, require_on_account
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.roles import own
from include.sandbox.warehouse.session import Session


def create(session: Session, reader: Reader) -> Result:
    """CREATE DATABASE [IF NOT EXISTS] name; it becomes the session's database, as on Snowflake."""
    reader.expect("CREATE")
    if reader.accept("OR", "REPLACE"):
        raise unsupported("CREATE OR REPLACE DATABASE")
    reader.accept("TRANSIENT")
    reader.expect("DATABASE")
    optional = reader.if_not_exists()
    name = reader.identifier()
    if reader.accept("CLONE"):
        raise unsupported("CREATE DATABASE ... CLONE")
    reader.options()
    reader.end()
    session.commit()
    if name in session.account.database_names():
        if not optional:
            raise already_exists(name)
        return status(f"{name} already exists, statement succeeded.")
    if not name.isidentifier() or name != name.upper():
        raise unsupported(f"database name {name}")
    require_on_account(session, "CREATE DATABASE")
    session.account.create_database(name)
    own(session, Securable("DATABASE", name))
    session.account.access.changed()
    session.use(name, None)
    return status(f"Database {name} successfully created.")


def drop(session: Session, reader: Reader) -> Result:
    reader.expect("DROP", "DATABASE")
    optional = reader.if_exists()
    name = reader.identifier()
    reader.accept_any("CASCADE", "RESTRICT")
    reader.end()
    session.commit()
    if name not in session.account.database_names():
        if optional:
            return status("Drop statement executed successfully (object already dropped).")
        raise missing("Database", name)
    require(session, Securable("DATABASE", name), "OWNERSHIP")
    if session.database == name:
        session.database = session.schema = None
        session.account.leave(session.cursor)
    session.account.drop_database(name)
    session.account.access.changed()
    return status(f"{name} successfully dropped.")


def accept_warehouse(session: Session, reader: Reader) -> Result:
    """CREATE and ALTER WAREHOUSE only size and schedule compute, of which there is one kind here."""
    reader.rest()
    session.commit()
    return status()
