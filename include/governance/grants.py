"""Who reads gold. Grants travel with a swapped schema: they are given before and taken back after."""

from __future__ import annotations

from include.governance.gold_sets import Cursor


def copy(cursor: Cursor, source: str, target: str) -> None:
    """Let every role that may use schema ``source`` read all tables of schema ``target``.

    USAGE on gold means reading all of gold: what a reader sees in a column is for masking policies to say.
    """
    for role in _readers(cursor, source):
        cursor.execute(f"grant usage on schema {target} to role {role}")
        cursor.execute(f"grant select on all tables in schema {target} to role {role}")


def withdraw(cursor: Cursor, schema: str) -> None:
    """Close ``schema`` to its readers."""
    for role in _readers(cursor, schema):
        cursor.execute(f"revoke usage on schema {schema} from role {role}")


def _readers(cursor: Cursor, schema: str) -> list[str]:
    """Roles that may use ``schema`` and do nothing else with it, so not the ones that build and publish.

    Columns of the answer: https://docs.snowflake.com/en/sql-reference/sql/show-grants
    """
    cursor.execute(f"show grants on schema {schema}")
    held: dict[str, set[str]] = {}
    for _, privilege, _, _, granted_to, role, *_ in cursor.fetchall():
        if granted_to == "ROLE":
            held.setdefault(str(role), set()).add(privilege)
    return sorted(role for role, privileges in held.items() if privileges == {"USAGE"})
