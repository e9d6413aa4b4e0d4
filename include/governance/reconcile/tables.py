"""The temporary tables of a comparison. They are this session's alone and end with it."""

from __future__ import annotations

from snowflake.connector.constants import FIELD_ID_TO_NAME
from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import DatabaseError

from include.governance.reconcile.plan import ReconcileError

# Not gold: a publication swaps that schema while a comparison runs. Whoever reads gold may use this one.
SCRATCH = "monitoring"
EXTRACT = f"{SCRATCH}.reconcile_extract"
LEGACY = f"{SCRATCH}.reconcile_legacy"
MART = f"{SCRATCH}.reconcile_mart"
RENAMED = f"{SCRATCH}.reconcile_renamed"
PAIRED = f"{SCRATCH}.reconcile_paired"
MOVED = f"{SCRATCH}.reconcile_moved"
UNLIKE = f"{SCRATCH}.reconcile_unlike"
DIFFERENCE = f"{SCRATCH}.reconcile_difference"

MOST_COLUMNS = 200
TEXT_COLUMNS = tuple(f"c{number}" for number in range(MOST_COLUMNS))


def result_columns(cursor: SnowflakeCursor, relation: str, where: str) -> dict[str, str]:
    """Column -> its type as Snowflake calls it, of a relation or a query in parentheses.

    Raises ReconcileError.
    """
    try:
        cursor.execute(f"select * from {relation} limit 0")  # noqa: S608
    except DatabaseError as problem:
        reason = " ".join(str(problem.msg).split())
        raise ReconcileError(f"{where}: the warehouse did not take it: {reason}") from None
    return {column.name: str(FIELD_ID_TO_NAME[column.type_code]) for column in cursor.description}
