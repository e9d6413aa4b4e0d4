"""Who may do what: the role hierarchy, ownership and grants, as they were last committed.

https://docs.snowflake.com/en/user-guide/security-access-control-overview and
https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
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


@dataclass
class Facts:
    """What is recorded about one object, schema (no name) or database (no schema either)."""

    grants: list[tuple[str, str, str]] = field(default_factory=list)
    """(granted on, privilege, role)"""
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """Column, or "" for the object itself -> tag -> value."""
    policies: dict[str, str] = field(default_factory=dict)
    """Column -> the masking policy set on it."""
    tag_policies: list[str] = field(default_factory=list)
    """Of a tag: the masking policies set on it."""
    definitions: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Kind of object of this name -> (owner, definition)."""


# One statement for all of it: DuckDB takes most of its time to plan one.
_FACTS = """
select 'grant', granted_on, privilege, grantee from {hidden}._grants
    where schema_name = $1 and object_name = $2 and granted_to = 'ROLE'
union all select 'tag', column_name, tag, value from {hidden}._tag_references
    where schema_name = $1 and object_name = $2
union all select 'policy', column_name, policy, null from {hidden}._policy_references
    where schema_name = $1 and object_name = $2 and kind = 'MASKING_POLICY'
union all select 'tag policy', policy, null, null from {hidden}._tag_policies where tag = $3
union all select 'definition', kind, owner, definition from {hidden}._objects
    where schema_name = $1 and object_name = $2
"""


class Access:
    """Answers from memory; what a committed definition or grant may have changed is forgotten.

    Safe to share between threads. Reads over a connection of its own, so that a session's open transaction
    neither sees nor remembers grants of another moment.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._lock = threading.Lock()
        self._changes = 0
        self._facts: dict[Hashable, Any] = {}
        self._conclusions: dict[Hashable, Any] = {}

    def changed(self, name: ObjectName | None = None) -> None:
        """A table or view was defined, or, without a name, anything may be otherwise than before."""
        with self._lock:
            self._changes += 1
            self._conclusions = {}
            if name is None:
                self._facts = {}
            else:
                self._facts.pop((name.database, name.schema, name.name), None)
                self._facts.pop(("comments", name), None)

    def recall(self, key: Hashable, find: Callable[[], T]) -> T:
        """What was concluded for `key` since the last change. What a change overtakes is not kept."""
        return self._remembered("_conclusions", key, find)

    def database_names(self, find: Callable[[], T]) -> T:
        """The account's databases, from memory where they are remembered."""
        return self._remembered("_facts", "databases", find)

    def comments(self, name: ObjectName, find: Callable[[], dict[str, str]]) -> dict[str, str]:
        """The comments on a table's columns, from memory where they are remembered."""
        return self._remembered("_facts", ("comments", name), find)

    def facts(self, database: str, schema: str = "", name: str = "") -> Facts:
        """What is recorded about an object, schema or database."""
        return self._remembered(
            "_facts", (database, schema, name), lambda: self._read_facts(database, schema, name)
        )

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._cursor.execute(sql, values).fetchall()

    def _remembered(self, where: str, key: Hashable, find: Callable[[], T]) -> T:
        memory = getattr(self, where)
        if key in memory:
            return cast(T, memory[key])
        changes = self._changes
        found = find()
        with self._lock:
            if changes == self._changes:
                getattr(self, where)[key] = found
        return found

    def _read_facts(self, database: str, schema: str, name: str) -> Facts:
        sql = _FACTS.format(hidden=quoted(database, HIDDEN_SCHEMA))
        facts = Facts()
        for what, a, b, c in self.rows(sql, [schema, name, str(ObjectName(database, schema, name))]):
            if what == "grant":
                facts.grants.append((a, b, c))
            elif what == "tag":
                facts.tags.setdefault(a, {})[b] = c
            elif what == "policy":
                facts.policies[a] = b
            elif what == "tag policy":
                facts.tag_policies.append(a)
            else:
                facts.definitions[a] = (b, c)
        return facts

    # -- roles and users -----------------------------------------------------

    def role_exists(self, role: str) -> bool:
        found = self._remembered(
            "_facts", "roles", lambda: {row[0] for row in self.rows(f"select name from {ACCOUNT}._roles")}
        )
        return role in found

    def roles_in(self, role: str) -> frozenset[str]:
        """The role and every role whose privileges it inherits."""
        return self._remembered("_facts", ("roles in", role), lambda: self._closure([role]))

    def may_assume(self, user: str, role: str) -> bool:
        """A user who was created takes the roles granted to it; any other user every role there is."""
        if not self.role_exists(role):
            return False
        return self.default_role(user) is None or role in self._remembered(
            "_facts", ("roles of", user), lambda: self._closure(self._granted_to("USER", user))
        )

    def default_role(self, user: str) -> str | None:
        """The role a created user starts with; None for a user nobody created."""
        users: dict[str, str] = self._remembered(
            "_facts",
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

    def _grants_on(self, what: Securable) -> dict[str, set[str]]:
        """Role -> its privileges on the object; one of them owns it."""
        return self.recall(("grants on", what), lambda: self._find_grants(what))

    def _find_grants(self, what: Securable) -> dict[str, set[str]]:
        kinds = _RELATIONS if what.kind in _RELATIONS else (what.kind,)
        if what.database is None:
            grants = self._account_grants(what.name)
            owner = ""
        else:
            facts = self.facts(what.database, what.schema, what.name)
            grants = facts.grants
            # Stages, tags and policies are recorded with their owner.
            recorded = facts.definitions.get(what.kind) if what.kind not in _RELATIONS else None
            owner = recorded[0] if recorded and what.name else _FIRST_OWNER
        held: dict[str, set[str]] = {}
        for kind, privilege, grantee in grants:
            if kind in kinds:
                held.setdefault(grantee, set()).add(privilege)
        if owner and not any("OWNERSHIP" in privileges for privileges in held.values()):
            held.setdefault(owner, set()).add("OWNERSHIP")
        return held

    def _account_grants(self, name: str) -> list[tuple[Any, ...]]:
        return self._remembered(
            "_facts",
            ("account grants", name),
            lambda: self.rows(
                f"select granted_on, privilege, grantee from {ACCOUNT}._account_grants "
                "where granted_to = 'ROLE' and name = ?",
                [name],
            ),
        )
