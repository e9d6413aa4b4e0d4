"""Which columns of a table a session sees masked, and what it sees instead.

A policy set on a column decides; otherwise the policies of the column's tags do, each for its data type. A
tag's value is the column's own, or that of its table, or that of its schema.
https://docs.snowflake.com/en/user-guide/tag-based-masking-policies and
https://docs.snowflake.com/en/user-guide/object-tagging/inheritance
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from include.sandbox.warehouse.definitions import TableColumn, columns_of
from include.sandbox.warehouse.errors import SnowflakeError, missing, unsupported
from include.sandbox.warehouse.names import ObjectName, split
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.translate import translate

Tags = Mapping[str, str]

# A policy's or column's type, by the first pattern that matches. DuckDB has one type for TZ and LTZ.
_FAMILIES = (
    (r"(VAR)?CHAR.*|STRING|TEXT", "VARCHAR"),
    (r"NUMBER.*|NUMERIC.*|DECIMAL.*|\w*INT|INTEGER", "NUMBER"),
    (r"DOUBLE.*|FLOAT.*|REAL", "FLOAT"),
    (r"TIMESTAMP_?L?TZ.*|TIMESTAMP WITH TIME ZONE", "TIMESTAMP_TZ"),
    (r"TIMESTAMP.*|DATETIME.*", "TIMESTAMP_NTZ"),
    (r"BINARY.*|VARBINARY.*|BLOB", "BINARY"),
    (r"VARIANT|JSON", "VARIANT"),
    (r"ARRAY|.*\]", "ARRAY"),
    (r"OBJECT|(STRUCT|MAP).*", "OBJECT"),
)


@dataclass(frozen=True)
class Policy:
    """A masking policy as read: the type family of its argument, and what it answers over the argument."""

    name: ObjectName
    argument: str
    family: str
    body: exp.Expr


@dataclass(frozen=True)
class _Asker:
    """For whom a policy decides: the session's role, and the owner of the view that reads, if one does."""

    role: str
    invoker: str


def masks(session: Session, name: ObjectName, invoker: str) -> dict[str, exp.Expr]:
    """Column -> what the session sees instead of it, over the columns of the table; none where it sees all.

    Raises SnowflakeError for a policy that cannot be read: what cannot be judged is not shown.
    """
    if name in session.temporary:
        return _find_masks(session, name, _Asker(session.role, invoker))
    return session.account.access.recall(
        ("masks", name, session.role, invoker),
        lambda: _find_masks(session, name, _Asker(session.role, invoker)),
    )


def family(data_type: str) -> str:
    """The data type as policies tell types apart; DATE, TIME and BOOLEAN are their own."""
    for pattern, name in _FAMILIES:
        if re.fullmatch(pattern, data_type.upper()):
            return name
    return data_type.upper()


def tags_of(session: Session, name: ObjectName) -> dict[str, dict[str, str]]:
    """The tags set on a table's schema ("<schema>"), on the table ("") and on its columns."""
    access = session.account.access
    above = access.facts(name.database, name.schema).tags.get("", {})
    if name in session.temporary:
        own = session.temporary_tags.get(name, {})
    else:
        own = access.facts(name.database, name.schema, name.name).tags
    return {**own, "<schema>": above}


def _find_masks(session: Session, name: ObjectName, asker: _Asker) -> dict[str, exp.Expr]:
    tags, direct = tags_of(session, name), _direct_policies(session, name)
    if not direct and not any(_policies_of_tag(session, tag) for held in tags.values() for tag in held):
        return {}
    found: dict[str, exp.Expr] = {}
    for column in columns_of(session, name):
        held = {**tags["<schema>"], **tags.get("", {}), **tags.get(column.name, {})}
        policy = _policy_for(session, column, held, direct)
        body = _decided(session, policy, held, asker) if policy is not None else None
        if policy is not None and body is not None:
            found[column.name] = _over(body, policy.argument, column.name)
    return found


def _policy_for(
    session: Session, column: TableColumn, tags: Tags, direct: Mapping[str, ObjectName]
) -> Policy | None:
    if column.name in direct:
        return _policy(session, direct[column.name])
    candidates = [p for tag in tags for p in _policies_of_tag(session, tag)]
    fitting = [p for p in candidates if p.family == family(column.duckdb_type)]
    return fitting[0] if fitting else None


def _direct_policies(session: Session, name: ObjectName) -> dict[str, ObjectName]:
    facts = session.account.access.facts(name.database, name.schema, name.name)
    return {column: ObjectName(*split(policy)) for column, policy in facts.policies.items()}


def _policies_of_tag(session: Session, tag: str) -> list[Policy]:
    found = session.account.access.facts(*split(tag)).tag_policies
    return [_policy(session, ObjectName(*split(policy))) for policy in found]


def _policy(session: Session, name: ObjectName) -> Policy:
    return session.account.access.recall(("policy", name), lambda: _read_policy(session, name))


def _read_policy(session: Session, name: ObjectName) -> Policy:
    facts = session.account.access.facts(name.database, name.schema, name.name)
    found = facts.definitions.get("MASKING POLICY")
    if found is None:
        raise missing("Masking policy", str(name))
    return read_definition(name, found[1])


def read_definition(name: ObjectName, definition: str) -> Policy:
    """`AS (argument type) RETURNS type -> body [COMMENT = '...']`, parsed."""
    reader = Reader(definition)
    reader.expect("AS")
    arguments = reader.parenthesised()
    if "," in re.sub(r"\([^)]*\)", "", arguments):
        raise unsupported("masking policy with several arguments")
    argument, data_type = arguments.split(maxsplit=1)
    reader.expect("RETURNS")
    while not reader.accept("->"):
        reader.skip()
    body = re.sub(r"(?is)\bcomment\s*=\s*'(?:[^']|'')*'\s*$", "", reader.rest())
    try:
        tree = sqlglot.parse_one(body, read="snowflake")
    except sqlglot.errors.SqlglotError:
        raise SnowflakeError(
            f"SQL compilation error:\nsyntax error in masking policy {name}.", 1003, "42000"
        ) from None
    return Policy(name, argument.upper(), family(data_type), tree)


def _decided(session: Session, policy: Policy, tags: Tags, asker: _Asker) -> exp.Expr | None:
    """The policy's answer for this asker and these tags; None where that is the value as it is."""
    return session.account.access.recall(
        ("decided", policy.name, tuple(sorted(tags.items())), asker),
        lambda: _decide(session, policy, tags, asker),
    )


def _decide(session: Session, policy: Policy, tags: Tags, asker: _Asker) -> exp.Expr | None:
    body = policy.body.copy().transform(lambda node: _context(session, policy, node, tags, asker))
    while isinstance(body, exp.Case) and body.this is None:
        branch = next(iter(body.args["ifs"]), None)
        if branch is None:
            body = body.args.get("default") or exp.null()
            continue
        if branch.this.find(exp.Column) is not None:
            return body
        ((holds,),) = session.rows(f"select {translate(branch.this, session)}")
        if holds:
            body = branch.args["true"]
        else:
            branch.pop()
    if isinstance(body, exp.Column) and body.name.upper() == policy.argument:
        return None
    # The branch that never holds keeps the column's type where the answer alone would have another.
    kept = exp.Case().when(exp.false(), exp.column(policy.argument))
    return kept.else_(body)


def _context(session: Session, policy: Policy, node: exp.Expr, tags: Tags, asker: _Asker) -> exp.Expr:
    """The context functions of a policy's body as what they answer.

    https://docs.snowflake.com/en/user-guide/security-column-advanced: CURRENT_ROLE and IS_ROLE_IN_SESSION
    speak of who asks, INVOKER_ROLE of the owner of the view between.
    """
    if isinstance(node, exp.CurrentRole):
        return exp.Literal.string(asker.role)
    if not isinstance(node, exp.Anonymous):
        return node
    function, given = str(node.this).upper(), [argument.name for argument in node.expressions]
    if function == "INVOKER_ROLE":
        return exp.Literal.string(asker.invoker)
    if function == "IS_ROLE_IN_SESSION":
        return exp.Boolean(this=given[0].upper() in session.account.access.roles_in(asker.role))
    if function == "SYSTEM$GET_TAG_ON_CURRENT_COLUMN":
        parts = split(given[0])
        default = [policy.name.database, policy.name.schema]
        value = tags.get(str(ObjectName(*[*default[: 3 - len(parts)], *parts])))
        return exp.null() if value is None else exp.Literal.string(value)
    return node


def _over(body: exp.Expr, argument: str, column: str) -> exp.Expr:
    """The policy's answer over this column."""
    return body.copy().transform(
        lambda node: (
            exp.column(exp.to_identifier(column, quoted=True))
            if isinstance(node, exp.Column) and node.name.upper() == argument
            else node
        )
    )
