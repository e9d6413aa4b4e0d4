"""The columns bronze adds to every table, and the types of all of them, in Snowflake's terms."""

from __future__ import annotations

from dataclasses import dataclass

from include.contracts.source import Column

TAG_SCHEMA = "raw_control"
PII_TAG = f"{TAG_SCHEMA}.pii"
CONTRACT_TAG = f"{TAG_SCHEMA}.contract"
STAGE = "landing"

# Who may read a table sees these classifications as they are. All others are masked.
UNMASKED = ("public", "internal")
# Of a column that nobody has classified: a new one is masked until a contract names it.
UNCLASSIFIED = "restricted"


@dataclass(frozen=True)
class TechnicalColumn:
    """A column that the source does not have."""

    name: str
    data_type: str
    description: str  # one line
    classification: str = "internal"


TECHNICAL_COLUMNS = (
    TechnicalColumn(
        "_op",
        "varchar",
        "What happened to the row: snapshot, insert, update, delete, truncate (changes) or read (API, file).",
    ),
    TechnicalColumn(
        "_position", "varchar", "Where the row stood in the source's order. Sorts as text; higher is later."
    ),
    TechnicalColumn(
        "_committed_at",
        "timestamp_ntz(6)",
        "Moment of the row, UTC: its commit (changes), its cursor column (API), the partition's end (file).",
    ),
    TechnicalColumn("_partition", "date", "The business day in Toronto that the row was read for."),
    TechnicalColumn("_loaded_at", "timestamp_ntz(6)", "Moment the row was committed to bronze, UTC."),
    TechnicalColumn("_run_id", "varchar", "The Airflow run that loaded the row."),
    TechnicalColumn("_file", "varchar", "The staged file the row was loaded from."),
    TechnicalColumn(
        "_unchanged", "variant", "Names of large columns the source left out because they had not changed."
    ),
    TechnicalColumn(
        "_rescued",
        "variant",
        "Fields the source sent and the contract does not name, with their values.",
        UNCLASSIFIED,
    ),
)


def data_type(column: Column) -> str:
    """The bronze type of a contracted column: text as the source sent it, nested values as VARIANT."""
    return "variant" if column.logical_type in {"object", "array"} else "varchar"
