"""Tags, masking and row access policies, file formats and comments: recorded, attached and read back.

masking.py reads them for every query. Row access policies decide nothing yet.
"""

from __future__ import annotations

from collections.abc import Callable

from include.sandbox.warehouse.access import ACCOUNT_ITSELF, of
from include.sandbox.warehouse.definitions import columns_of
from include.sandbox.warehouse.errors import (
    SnowflakeError,
    already_exists,
    invalid_identifier,
    missing,
)
from include.sandbox.warehouse.guard import (
    require,
    require_create,
    require_ownership,
    require_schema_ownership,
)
from include.sandbox.warehouse.masking import read_definition
from include.sandbox.warehouse.names import ObjectName
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.session import Session

MASKING = "MASKING POLICY"
ROW_ACCESS = "ROW ACCESS POLICY"


def create(kind: str) -> Callable[[Session, Reader], Result]:
    """CREATE [OR REPLACE] kind [IF NOT EXISTS] name definition; the definition is kept as written."""

    def handler(session: Session, reader: Reader) -> Result:
        reader.expect("CREATE")
        replacing = reader.accept("OR", "REPLACE")
        reader.accept_any("TEMPORARY", "TEMP")
        reader.expect(*kind.split())
        optional = reader.if_not_exists()
        name = session.object_name(reader.name())
        definition = reader.rest()
        session.require_schema(name.in_schema)
        require_create(session, kind, name.in_schema)
        if kind == MASKING:
            read_definition(name, definition)
        records = session.records(name.database)
        if records.get(kind, name) is not None and not replacing:
            if optional:
                return status(f"{name.name} already exists, statement succeeded.")
            raise already_exists(str(name))
        if replacing and records.get(kind, name) is not None:
            require_ownership(session, kind, name)
        records.put(kind, name, definition, owner=session.role, comment=_comment_in(definition))
        return status(f"{kind.title()} {name.name} successfully created.")

    return handler


def _comment_in(definition: str) -> str | None:
    reader = Reader(definition)
    while not reader.done:
        if reader.accept("COMMENT", "="):
            return reader.string()
        if reader.string_follows():
            reader.string()
        else:
            reader.skip()
    return None


def drop(kind: str) -> Callable[[Session, Reader], Result]:
    def handler(session: Session, reader: Reader) -> Result:
        reader.expect("DROP", *kind.split())
        optional = reader.if_exists()
        name = session.object_name(reader.name())
        reader.end()
        records = session.records(name.database)
        if records.get(kind, name) is None:
            if optional:
                return status("Drop statement executed successfully (object already dropped).")
            raise missing(kind.title(), str(name))
        require_ownership(session, kind, name)
        _refuse_in_use(session, kind, name)
        records.remove(kind, name)
        return status(f"{name.name} successfully dropped.")

    return handler


def governs(session: Session, words: tuple[str, ...]) -> bool:
    """Whether an ALTER sets a tag or policy, and the role may do that to objects it does not own."""
    privileges = {"TAG": "APPLY TAG", "MASKING": "APPLY MASKING POLICY", "ROW": "APPLY ROW ACCESS POLICY"}
    return any(
        session.account.access.may(session.role, ACCOUNT_ITSELF, privilege)
        for word, privilege in privileges.items()
        if word in words
    )


def attach(session: Session, reader: Reader, domain: str, name: ObjectName) -> bool:
    """The actions of ALTER that set or unset tags and policies; False if the next action is another one."""
    column = ""
    start = reader.position
    if reader.accept_any("ALTER", "MODIFY"):
        reader.accept("COLUMN")
        column = reader.identifier()
    setting = reader.accept_any("SET", "UNSET")
    if setting and reader.accept("TAG"):
        _tags(session, reader, "COLUMN" if column else domain, name, column, remove=setting == "UNSET")
    elif setting and column and reader.accept("MASKING", "POLICY"):
        policy = session.object_name(reader.name()) if setting == "SET" else None
        if reader.accept("USING"):
            reader.parenthesised()
        reader.accept("FORCE")
        _policy(session, MASKING, policy, name, column)
    elif not column and reader.accept("ADD", "ROW", "ACCESS", "POLICY"):
        policy = session.object_name(reader.name())
        reader.expect("ON")
        reader.parenthesised()
        _policy(session, ROW_ACCESS, policy, name, "")
    elif not column and reader.accept("DROP", "ROW", "ACCESS", "POLICY"):
        reader.name()
        _policy(session, ROW_ACCESS, None, name, "")
    else:
        reader.position = start
        return False
    return True


def _tags(
    session: Session, reader: Reader, domain: str, name: ObjectName, column: str, *, remove: bool
) -> None:
    _check_column(session, name, column)
    table = session.records(name.database).table("_tag_references")
    while not reader.done:
        tag = require_apply(session, reader.name())
        if remove:
            session.rows(
                f"delete from {table} where tag = ? and schema_name = ? and object_name = ? "
                "and column_name = ?",
                [str(tag), name.schema, name.name, column],
            )
        else:
            reader.expect("=")
            set_tag(session, tag, reader.string(), domain=domain, name=name, column=column)
        if not reader.accept(","):
            return


def set_tag(
    session: Session, tag: ObjectName, value: str, *, domain: str, name: ObjectName, column: str = ""
) -> None:
    """Put the tag on a schema (`name.name` is empty), table, view or column, in place of its former value."""
    _check_value(session, tag, value)
    table = session.records(name.database).table("_tag_references")
    session.rows(
        f"delete from {table} where tag = ? and schema_name = ? and object_name = ? and column_name = ?",
        [str(tag), name.schema, name.name, column],
    )
    session.rows(
        f"insert into {table} values (?, ?, ?, ?, ?, ?)",
        [str(tag), value, "COLUMN" if column else domain, name.schema, name.name, column],
    )


def require_apply(session: Session, parts: list[str]) -> ObjectName:
    """The tag of this name, which the role may set.

    https://docs.snowflake.com/en/user-guide/object-tagging/introduction#privileges-for-tags
    """
    tag = session.object_name(parts)
    if session.records(tag.database).get("TAG", tag) is None:
        raise missing("Tag", str(tag))
    if not session.account.access.may(session.role, ACCOUNT_ITSELF, "APPLY TAG"):
        require(session, of("TAG", tag), "APPLY")
    return tag


def _check_value(session: Session, tag: ObjectName, value: str) -> None:
    """A tag with ALLOWED_VALUES takes no other."""
    found = session.records(tag.database).get("TAG", tag)
    reader = Reader(found.definition if found else "")
    if not reader.accept("ALLOWED_VALUES"):
        return
    allowed = [reader.string()]
    while reader.accept(","):
        allowed.append(reader.string())
    if value not in allowed:
        raise SnowflakeError(
            f"SQL compilation error:\nTag value '{value}' is not allowed for tag '{tag.name}'.",
            390329,
            "22023",
        )


def _refuse_in_use(session: Session, kind: str, name: ObjectName) -> None:
    """A policy on a column or tag, and a tag with policies, cannot be dropped."""
    records = session.records(name.database)
    tables = {MASKING: ("_policy_references", "_tag_policies"), "TAG": ("_tag_policies",)}.get(kind, ())
    column = "tag" if kind == "TAG" else "policy"
    if any(session.rows(f"select 1 from {records.table(t)} where {column} = ?", [str(name)]) for t in tables):
        raise SnowflakeError(
            f"{kind.capitalize()} {name.name} cannot be dropped as it is associated with one or more "
            "entities.",
            3530,
            "42501",
        )


def _policy(session: Session, kind: str, policy: ObjectName | None, name: ObjectName, column: str) -> None:
    _check_column(session, name, column)
    if policy is not None and session.records(policy.database).get(kind, policy) is None:
        raise missing(kind.title(), str(policy))
    if policy is not None and not session.account.access.may(session.role, ACCOUNT_ITSELF, f"APPLY {kind}"):
        require(session, of(kind, policy), "APPLY")
    table = session.records(name.database).table("_policy_references")
    session.rows(
        f"delete from {table} where kind = ? and schema_name = ? and object_name = ? and column_name = ?",
        [kind.replace(" ", "_"), name.schema, name.name, column],
    )
    if policy is not None:
        session.rows(
            f"insert into {table} values (?, ?, ?, ?, ?)",
            [str(policy), kind.replace(" ", "_"), name.schema, name.name, column],
        )


def _check_column(session: Session, name: ObjectName, column: str) -> None:
    if column and column not in {known.name for known in columns_of(session, name)}:
        raise invalid_identifier(column)


def comment(session: Session, kind: str, parts: list[str], text: str) -> None:
    """A comment on something DuckDB cannot comment on is recorded beside it."""
    if kind == "ROLE":
        session.rows(
            "update _snowduck_account._information_schema._roles set comment = ? where name = ?",
            [text, parts[0]],
        )
    elif kind == "TAG":
        name = session.object_name(parts)
        found = session.records(name.database).get(kind, name)
        if found is None:
            raise missing(kind.title(), str(name))
        session.records(name.database).put(kind, name, found.definition, owner=found.owner, comment=text)
    else:
        schema = session.schema_name(parts) if kind == "SCHEMA" else None
        if schema is not None and session.has_schema(schema):
            require_schema_ownership(session, schema)
        database = schema.database if schema else parts[0]
        if schema is not None and not session.has_schema(schema):
            raise missing("Schema", str(schema))
        target = ObjectName(database, schema.schema if schema else "", "")
        session.records(database).put(kind, target, "", owner=session.role, comment=text)
