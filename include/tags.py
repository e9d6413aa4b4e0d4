"""The tags that DAGs carry, so that the DAG list can be filtered by them."""

from enum import StrEnum


class Tag(StrEnum):
    """Which stage of the house a DAG works on, how it reads its source, and who waits for it."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"
    CDC = "cdc"
    REST = "rest"
    DROP = "drop"
    BLOCKING = "blocking"
    DEGRADABLE = "degradable"
    WATCH = "watch"
