"""Roles and grants. https://docs.snowflake.com/en/sql-reference/sql/grant-privilege"""

from __future__ import annotations

from include.sandbox.warehouse.access import Securable
from include.sandbox.warehouse.errors import already_exists, missing, unsupported
from include.sandbox.warehouse.guard import require_grantable, require_on_account
from include.sandbox.warehouse.names import ObjectName
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.storage import ACCOUNT

_TWO_WORD_KINDS = ("MASKING POLICY", "ROW ACCESS POLICY", "FILE FORMAT", "DYNAMIC TABLE", "MATERIALIZED VIEW")
_KINDS = ("SCHEMA", "TABLE", "VIEW", "STAGE", "SEQUENCE", "FUNCTION", "PROCEDURE", "STREAM", "TASK", "TAG")
_ACCOUNT_KINDS = ("WAREHOUSE", "INTEGRATION", "USER")


def create(session: Session, reader: Reader) -> Result:
    reader.expect("CREATE")
    replacing = reader.accept("OR", "REPLACE")
    reader.expect("ROLE")
    optional = reader.if_not_exists()
    name = reader.identifier()
    comment = reader.options().get("COMMENT")
    reader.end()
    require_on_account(session, "CREATE ROLE")
    if _exists(session, name):
        if not (optional or replacing):
            raise already_exists(name)
        return status(f"{name} already exists, statement succeeded.")
    session.rows(f"insert into {ACCOUNT}._roles (name, comment) values (?, ?)", [name, comment])
    return status(f"Role {name} successfully created.")


def drop(session: Session, reader: Reader) -> Result:
    reader.expect("DROP", "ROLE")
    optional = reader.if_exists()
    name = reader.identifier()
    reader.end()
    require_on_account(session, "MANAGE GRANTS")
    if not _exists(session, name):
        if optional:
            return status("Drop statement executed successfully (object already dropped).")
        raise missing("Role", name)
    session.rows(f"delete from {ACCOUNT}._roles where name = ?", [name])
    session.rows(
        f"delete from {ACCOUNT}._account_grants where grantee = ? or (granted_on = 'ROLE' and name = ?)",
        [name, name],
    )
    session.commit()
    for database in session.account.database_names():  # one DuckDB transaction writes to one database
        session.rows(f"delete from {session.records(database).table('_grants')} where grantee = ?", [name])
    return status(f"{name} successfully dropped.")


def _exists(session: Session, role: str) -> bool:
    return bool(session.rows(f"select 1 from {ACCOUNT}._roles where name = ?", [role]))


def grant(session: Session, reader: Reader) -> Result:
    reader.expect("GRANT")
    privileges, targets = _privileges(session, reader)
    reader.expect("TO")
    granted_to, grantee = _grantee(session, reader)
    option = reader.accept("WITH", "GRANT", "OPTION")
    keeping = reader.accept("COPY", "CURRENT", "GRANTS")
    if reader.accept("REVOKE", "CURRENT", "GRANTS") or keeping:
        _check_transfer(privileges)
    reader.end()
    for target in targets:
        require_grantable(session, target, privileges)
        if privileges == ["OWNERSHIP"]:
            _transfer(session, target, grantee, keeping=keeping)
            continue
        for privilege in privileges:
            _write(session, target, privilege, granted_to, grantee, option=option)
    return status()


def revoke(session: Session, reader: Reader) -> Result:
    reader.expect("REVOKE")
    reader.accept("GRANT", "OPTION", "FOR")
    privileges, targets = _privileges(session, reader)
    reader.expect("FROM")
    granted_to, grantee = _grantee(session, reader)
    reader.accept_any("CASCADE", "RESTRICT")
    reader.end()
    for target in targets:
        require_grantable(session, target, privileges)
        for privilege in privileges:
            _erase(session, target, privilege, granted_to, grantee)
    return status()


def _check_transfer(privileges: list[str]) -> None:
    if privileges != ["OWNERSHIP"]:
        raise unsupported("CURRENT GRANTS without OWNERSHIP")


def _transfer(session: Session, target: Securable, role: str, *, keeping: bool) -> None:
    """An object has one owner. Without COPY CURRENT GRANTS a transfer needs an object nobody was granted.

    https://docs.snowflake.com/en/sql-reference/sql/grant-ownership
    """
    if not keeping:
        _erase(session, target, "ALL", "ROLE", role)
    own(session, target, role)


def own(session: Session, target: Securable, role: str | None = None) -> None:
    """The role, the session's if not given, owns the object from now on."""
    if target.database is None:
        raise unsupported(f"OWNERSHIP of a {target.kind.lower()}")
    grants = session.records(target.database).table("_grants")
    where = [target.kind, target.schema, target.name]
    session.rows(
        f"delete from {grants} where privilege = 'OWNERSHIP' and granted_on = ? and schema_name = ? "
        "and object_name = ?",
        where,
    )
    session.rows(
        f"insert into {grants} (privilege, granted_on, schema_name, object_name, granted_to, grantee, "
        "grant_option, granted_by) values ('OWNERSHIP', ?, ?, ?, 'ROLE', ?, true, ?)",
        [*where, role or session.role, session.role],
    )


def apply_future_grants(session: Session, name: ObjectName, kind: str) -> None:
    """A new object gets what was granted on future objects of its kind in its schema or database."""
    grants = session.records(name.database).table("_grants")
    session.rows(
        f"insert into {grants} (privilege, granted_on, schema_name, object_name, granted_to, grantee, "
        "grant_option, granted_by) select distinct privilege, ?, ?, ?, granted_to, grantee, grant_option, "
        f"granted_by from {grants} f where granted_on = ? and schema_name in (?, '') and not exists "
        f"(select 1 from {grants} g where g.schema_name = ? and g.object_name = ? and g.privilege = "
        "f.privilege and g.grantee = f.grantee)",
        [kind, name.schema, name.name, f"FUTURE {kind}", name.schema, name.schema, name.name],
    )


def _grantee(session: Session, reader: Reader) -> tuple[str, str]:
    kind = reader.accept_any("ROLE", "USER") or "ROLE"
    name = reader.identifier()
    known = _exists(session, name) if kind == "ROLE" else session.account.access.default_role(name)
    if not known:
        raise missing(kind.title(), name)
    return kind, name


def _privileges(session: Session, reader: Reader) -> tuple[list[str], list[Securable]]:
    if reader.accept("ROLE"):
        role = reader.identifier()
        if not _exists(session, role):
            raise missing("Role", role)
        return ["USAGE"], [Securable("ROLE", None, name=role)]
    privileges = [_privilege(reader)]
    while reader.accept(","):
        privileges.append(_privilege(reader))
    reader.expect("ON")
    return privileges, _securables(session, reader)


def _privilege(reader: Reader) -> str:
    words = [reader.identifier()]
    while reader.words(1) not in ((",",), ("ON",), ()):
        words.append(reader.identifier())
    return "ALL" if words[0] == "ALL" else " ".join(words)


def _securables(session: Session, reader: Reader) -> list[Securable]:
    if reader.accept("ACCOUNT"):
        return [Securable("ACCOUNT", None, name="ACCOUNT")]
    if scope := reader.accept_any("ALL", "FUTURE"):
        return _all_or_future(session, reader, future=scope == "FUTURE")
    kind = _kind(reader) or "TABLE"
    if kind == "DATABASE":
        database = reader.identifier()
        if database not in session.account.database_names():
            raise missing("Database", database)
        return [Securable("DATABASE", database)]
    if kind in _ACCOUNT_KINDS:
        return [Securable(kind, None, name=reader.identifier())]
    if kind == "SCHEMA":
        schema = session.schema_name(reader.name())
        if not session.has_schema(schema):
            raise missing("Schema", str(schema))
        return [Securable("SCHEMA", schema.database, schema.schema)]
    name = session.object_name(reader.name())
    if kind in ("TABLE", "VIEW"):
        if not session.exists(name):
            raise missing(kind.title(), str(name))
        kind = _relation_kind(session, name)
    return [Securable(kind, name.database, name.schema, name.name)]


def _kind(reader: Reader) -> str | None:
    for kind in _TWO_WORD_KINDS:
        if reader.accept(*kind.split()):
            return kind
    return reader.accept_any("DATABASE", *_ACCOUNT_KINDS, *_KINDS)


def _all_or_future(session: Session, reader: Reader, *, future: bool) -> list[Securable]:
    """ALL TABLES IN SCHEMA s, FUTURE VIEWS IN DATABASE d."""
    kind = reader.identifier().removesuffix("S")
    if kind not in ("TABLE", "VIEW", "SCHEMA"):
        raise unsupported(f"grants on all or future {kind}S")
    reader.expect("IN")
    scope = reader.accept_any("SCHEMA", "DATABASE")
    if scope == "SCHEMA":
        inside = session.schema_name(reader.name())
        if not session.has_schema(inside):
            raise missing("Schema", str(inside))
        database, schema = inside.database, inside.schema
    else:
        database, schema = reader.identifier(), ""
    if future:
        return [Securable(f"FUTURE {kind}", database, schema, f"<{kind}>")]
    if kind == "SCHEMA":
        found = session.rows(
            "select schema_name, '' from duckdb_schemas() where database_name = ? and not internal",
            [database],
        )
    else:
        found = session.rows(
            f"select schema_name, {kind.lower()}_name from duckdb_{kind.lower()}s() "
            "where database_name = ? and schema_name = coalesce(nullif(?, ''), schema_name)",
            [database, schema],
        )
    return [Securable(kind, database, *row) for row in found if row[0] != "_information_schema"]


def _relation_kind(session: Session, name: ObjectName) -> str:
    views = session.rows(
        "select 1 from duckdb_views() where database_name = ? and schema_name = ? and view_name = ?",
        [name.database, name.schema, name.name],
    )
    return "VIEW" if views else "TABLE"


def _write(
    session: Session, target: Securable, privilege: str, granted_to: str, grantee: str, *, option: bool
) -> None:
    _erase(session, target, privilege, granted_to, grantee)
    if target.database is None:
        session.rows(
            f"insert into {ACCOUNT}._account_grants (privilege, granted_on, name, granted_to, grantee, "
            "grant_option, granted_by) values (?, ?, ?, ?, ?, ?, ?)",
            [privilege, target.kind, target.name, granted_to, grantee, option, session.role],
        )
        return
    session.rows(
        f"insert into {session.records(target.database).table('_grants')} (privilege, granted_on, "
        "schema_name, object_name, granted_to, grantee, grant_option, granted_by) values (?, ?, ?, ?, ?, "
        "?, ?, ?)",
        [privilege, target.kind, target.schema, target.name, granted_to, grantee, option, session.role],
    )


def _erase(session: Session, target: Securable, privilege: str, granted_to: str, grantee: str) -> None:
    """Remove one privilege, or every one for ALL."""
    which = "(privilege = ? or ? = 'ALL') and granted_on = ? and granted_to = ? and grantee = ?"
    values = [privilege, privilege, target.kind, granted_to, grantee]
    if target.database is None:
        session.rows(
            f"delete from {ACCOUNT}._account_grants where {which} and name = ?", [*values, target.name]
        )
        return
    session.rows(
        f"delete from {session.records(target.database).table('_grants')} "
        f"where {which} and schema_name = ? and object_name = ?",
        [*values, target.schema, target.name],
    )
