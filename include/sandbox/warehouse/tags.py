"""The masking policies of a tag, one for each data type.

https://docs.snowflake.com/en/user-guide/tag-based-masking-policies
"""

from __future__ import annotations

from include.sandbox.warehouse.errors import SnowflakeError, missing, unsupported
from include.sandbox.warehouse.governance import MASKING
from include.sandbox.warehouse.guard import require_on_account
from include.sandbox.warehouse.masking import Policy, read_definition
from include.sandbox.warehouse.names import ObjectName, split
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import Result, status
from include.sandbox.warehouse.session import Session


def alter(session: Session, reader: Reader) -> Result:
    """ALTER TAG name SET | UNSET MASKING POLICY a [, MASKING POLICY b ...] [FORCE]: one for each data type.

    https://docs.snowflake.com/en/sql-reference/sql/alter-tag
    """
    reader.expect("ALTER", "TAG")
    reader.if_exists()
    tag = session.object_name(reader.name())
    if session.records(tag.database).get("TAG", tag) is None:
        raise missing("Tag", str(tag))
    require_on_account(session, "APPLY MASKING POLICY")
    setting = reader.accept_any("SET", "UNSET")
    policies = []
    while reader.accept("MASKING", "POLICY"):
        policies.append(session.object_name(reader.name()))
        reader.accept(",")
    force = reader.accept("FORCE")
    reader.end()
    if setting is None or not policies:
        raise unsupported("ALTER TAG other than its masking policies")
    for policy in policies:
        _policy_of_tag(session, tag, policy, setting=setting == "SET", force=force)
    return status()


def _policy_of_tag(
    session: Session, tag: ObjectName, policy: ObjectName, *, setting: bool, force: bool
) -> None:
    table = session.records(tag.database).table("_tag_policies")
    known = _definition_of(session, policy)
    for (present,) in session.rows(f"select policy from {table} where tag = ?", [str(tag)]):
        other = ObjectName(*split(present))
        same_type = _definition_of(session, other).family == known.family
        if setting and same_type and not force:
            raise SnowflakeError(
                f"SQL compilation error:\nTag '{tag.name}' already has a masking policy for this data type.",
                3545,
                "42710",
            )
        if same_type if setting else other == policy:
            session.rows(f"delete from {table} where tag = ? and policy = ?", [str(tag), present])
    if setting:
        session.rows(f"insert into {table} values (?, ?)", [str(tag), str(policy)])


def _definition_of(session: Session, policy: ObjectName) -> Policy:
    found = session.records(policy.database).get(MASKING, policy)
    if found is None:
        raise missing(MASKING.title(), str(policy))
    return read_definition(policy, found.definition)
