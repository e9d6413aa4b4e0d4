"""Who may do what: the role hierarchy, ownership and grants, as they were last committed.

https://docs.snowflake.com/en/user-guide/security-access-control-overview and
https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import duckdb

from include.sandbox.warehouse.names import ObjectName, SchemaName, quoted
from include.sandbox.warehouse.storage import ACCOUNT, HIDDEN_SCHEMA

T = TypeVar("T")

# What a system role has by itself, and the system roles below it.
# https://docs.snowflake.com/en/user-guide/security-access-control-overview#system-defined-roles
_SYSTEM_ROLES = {
    "ACCOUNTADMIN": {"SECURITYADMIN", "SYSADMIN"},
    "SECURITYADMIN": {"USERADMIN"},
}
_SYSTEM_PRIVILEGES = {
    "ACCOUNTADMIN": {"APPLY MASKING POLICY", "APPLY ROW ACCESS POLICY", "APPLY TAG"},
    "SECURITYADMIN": {"MANAGE GRANTS"},
    "USERADMIN": {"CREATE ROLE", "CREATE USER"},
    "SYSADMIN": {"CREATE DATABASE", "CREATE WAREHOUSE"},
}
# Of what was made before owners were recorded, and of the database the account starts with.
_FIRST_OWNER = "SYSADMIN"
_RELATIONS = ("TABLE", "VIEW")


@dataclass(frozen=True)
class Securable:
    """What a privilege is granted on; `database` is None for the account's own objects."""

    kind: str
    database: str | None
    schema: str = ""
    name: str = ""

    def __str__(self) -> str:
        if self.database is None:
            return self.name
        if not self.schema:
            return self.database
        schema = SchemaName(self.database, self.schema)
        return str(ObjectName(self.database, self.schema, self.name) if self.name else schema)


ACCOUNT_ITSELF = Securable("ACCOUNT", None, name="ACCOUNT")


def of(kind: str, name: ObjectName) -> Securable:
    return Securable(kind, name.database, name.schema, name.name)


def of_schema(name: SchemaName) -> Securable:
    return Securable("SCHEMA", name.database, name.schema)


class Access:
    """Answers from memory; what it remembers is forgotten when a definition or grant is committed.

    Safe to share between threads. Reads over a connection of its own, so that a session's open transaction
    neither sees nor remembers grants of another moment.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._lock = threading.Lock()
        self._memory: dict[Hashable, Any] = {}

    def changed(self) -> None:
        """Something was defined, granted or taken back."""
        self._memory = {}

    def recall(self, key: Hashable, find: Callable[[], T]) -> T:
        """What was found for `key` since the last change. A find that a change overtakes is not kept."""
        memory = self._memory
        if key not in memory:
            memory[key] = find()
        return cast(T, memory[key])

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._cursor.execute(sql, values).fetchall()

    # -- roles and users -----------------------------------------------------

    def role_exists(self, role: str) -> bool:
        found = self.recall(
            "roles", lambda: {row[0] for row in self.rows(f"select name from {ACCOUNT}._roles")}
        )
        return role in found

    def roles_in(self, role: str) -> frozenset[str]:
        """The role and every role whose privileges it inherits."""
        return self.recall(("roles in", role), lambda: self._closure([role]))

    def may_assume(self, user: str, role: str) -> bool:
        """A user who was created takes the roles granted to it; any other user every role there is."""
        if not self.role_exists(role):
            return False
        return self.default_role(user) is None or role in self.recall(
            ("roles of", user), lambda: self._closure(self._granted_to("USER", user))
        )

    def default_role(self, user: str) -> str | None:
        """The role a created user starts with; None for a user nobody created."""
        users: dict[str, str] = self.recall(
            "users",
            lambda: dict(self.rows(f"select name, coalesce(default_role, 'PUBLIC') from {ACCOUNT}._users")),
        )
        return users.get(user)

    def _closure(self, roles: Sequence[str]) -> frozenset[str]:
        found, open_ = {"PUBLIC"}, list(roles)
        while open_:
            role = open_.pop()
            if role not in found:
                found.add(role)
                open_ += _SYSTEM_ROLES.get(role, set())
                open_ += self._granted_to("ROLE", role)
        return frozenset(found)

    def _granted_to(self, kind: str, grantee: str) -> list[str]:
        found = self.rows(
            f"select name from {ACCOUNT}._account_grants where granted_on = 'ROLE' and privilege = 'USAGE' "
            "and granted_to = ? and grantee = ?",
            [kind, grantee],
        )
        return [row[0] for row in found]

    # -- privileges ----------------------------------------------------------

    def may(self, role: str, what: Securable, *privileges: str) -> bool:
        """Whether the role, or one it inherits, owns the object or holds one of the privileges on it.

        An object is reached through its database and schema, which need USAGE.
        """
        return self.recall(("may", role, what, privileges), lambda: self._may(role, what, privileges))

    def held(self, role: str, what: Securable) -> frozenset[str]:
        """Every privilege on the object that the role holds or inherits."""
        roles = self.roles_in(role)
        held = {p for grantee, found in self._grants_on(what).items() if grantee in roles for p in found}
        if what == ACCOUNT_ITSELF:
            held |= {p for r in roles for p in _SYSTEM_PRIVILEGES.get(r, ())}
        return frozenset(held)

    def may_grant(self, role: str, what: Securable, privileges: Sequence[str]) -> bool:
        """Whether the role holds all of the privileges WITH GRANT OPTION."""
        if what.database is None:
            return False
        found = self.rows(
            f"select privilege, grantee from {quoted(what.database, HIDDEN_SCHEMA, '_grants')} "
            "where grant_option and granted_on = ? and schema_name = ? and object_name = ?",
            [what.kind, what.schema, what.name],
        )
        return set(privileges) <= {p for p, grantee in found if grantee in self.roles_in(role)}

    def owner(self, what: Securable) -> str:
        return next(
            (role for role, held in self._grants_on(what).items() if "OWNERSHIP" in held), _FIRST_OWNER
        )

    def reaches(self, role: str, what: Securable) -> bool:
        """Whether the role may use the database and schema around the object."""
        around = [Securable("DATABASE", what.database)] if what.database and what.schema else []
        around += [Securable("SCHEMA", what.database, what.schema)] if what.name and around else []
        return all(self.may(role, container, "USAGE") for container in around)

    def _may(self, role: str, what: Securable, privileges: Sequence[str]) -> bool:
        held = self.held(role, what)
        return self.reaches(role, what) and (
            "OWNERSHIP" in held
            or ("ALL" in held and "OWNERSHIP" not in privileges)
            or not held.isdisjoint(privileges)
        )

    def _grants_on(self, what: Securable) -> dict[str, frozenset[str]]:
        kind = "TABLE" if what.kind in _RELATIONS else what.kind
        key = Securable(kind, what.database, what.schema, what.name)
        return self.recall(("grants on", key), lambda: self._read_grants(key))

    def _read_grants(self, what: Securable) -> dict[str, frozenset[str]]:
        kinds = _RELATIONS if what.kind in _RELATIONS else (what.kind,)
        table, where, values = f"{ACCOUNT}._account_grants", "name = ?", [what.name]
        if what.database is not None:
            table = quoted(what.database, HIDDEN_SCHEMA, "_grants")
            where, values = "schema_name = ? and object_name = ?", [what.schema, what.name]
        found = self.rows(
            f"select grantee, list(distinct privilege) from {table} where granted_to = 'ROLE' "
            f"and list_contains(?, granted_on) and {where} group by grantee",
            [list(kinds), *values],
        )
        held = {grantee: frozenset(privileges) for grantee, privileges in found}
        if what != ACCOUNT_ITSELF and not any("OWNERSHIP" in privileges for privileges in held.values()):
            owner = self._recorded_owner(what)
            held[owner] = held.get(owner, frozenset()) | {"OWNERSHIP"}
        return held

    def _recorded_owner(self, what: Securable) -> str:
        """Stages, tags and policies are recorded with their owner."""
        if what.database is None or not what.name or what.kind in _RELATIONS:
            return _FIRST_OWNER
        found = self.rows(
            f"select owner from {quoted(what.database, HIDDEN_SCHEMA, '_objects')} "
            "where kind = ? and schema_name = ? and object_name = ?",
            [what.kind, what.schema, what.name],
        )
        return str(found[0][0]) if found else _FIRST_OWNER
