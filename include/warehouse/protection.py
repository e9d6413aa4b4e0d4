"""How classified values are masked: one tag, with a masking policy for every data type.

Where a column's classification is not an unmasked one, only the role `pii_reader` and those that inherit it
see the value. The answer depends on who asks, not on the object asked: it holds for a table, a view over it
and a clone of it, and what a reader copies is what the reader saw.
https://docs.snowflake.com/en/user-guide/tag-based-masking-policies
"""

from collections.abc import Iterator

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract, Table
from include.contracts.bronze import PII_TAG, TECHNICAL_COLUMNS, UNMASKED

READER = "pii_reader"

# A tag masks a column only with a policy of the column's type, so there is one for each type a mask can be
# set on. Text shows that it was masked; other types have no value that could not be a real one.
# https://docs.snowflake.com/en/sql-reference-data-types
MASKED = {
    "varchar": "'***'",
    "number": "null",
    "float": "null",
    "boolean": "null",
    "date": "null",
    "time": "null",
    "timestamp_ntz": "null",
    "timestamp_ltz": "null",
    "timestamp_tz": "null",
    "binary": "null",
    "variant": "null",
    "object": "null",
    "array": "null",
}


def protect(cursor: SnowflakeCursor) -> None:
    """Create the policies and set them on the tag, which must exist. Can be run again."""
    for statement in statements():
        cursor.execute(statement)


def statements() -> Iterator[str]:
    """The definition of every policy, then the one statement that sets them all."""
    unmasked = ", ".join(f"'{classification}'" for classification in UNMASKED)
    for kind, mask in MASKED.items():
        yield (
            f"create masking policy if not exists {_policy(kind)} as (val {kind}) returns {kind} ->\n"
            f"case\n"
            f"    when system$get_tag_on_current_column('{PII_TAG}') in ({unmasked}) then val\n"
            f"    when is_role_in_session('{READER.upper()}') then val\n"
            f"    else {mask}\n"
            f"end\n"
            f"comment = 'Hides classified values of type {kind} from all but {READER}.'"
        )
    policies = ", ".join(f"masking policy {_policy(kind)}" for kind in MASKED)
    yield f"alter tag {PII_TAG} set {policies} force"


def classify(cursor: SnowflakeCursor, contract: SourceContract) -> None:
    """Tag the columns of a source's tables as its contract classifies them, where they are tagged otherwise.

    New tables are created with their tags. This is for those that are older than the contract's last change;
    until it has run, a column that was added since is masked.
    """
    for table in contract.tables:
        name = f"{contract.schema}.{table.name}"
        cursor.execute(
            "select column_name, tag_value from "  # noqa: S608 -- names are the contract's own
            f"table(information_schema.tag_references_all_columns('{name}', 'table')) "
            f"where level = 'COLUMN' and tag_schema || '.' || tag_name = '{PII_TAG.upper()}'"
        )
        tagged = {str(column).lower(): value for column, value in cursor.fetchall()}
        for column, classification in _classifications(table).items():
            if tagged.get(column) != classification:
                cursor.execute(
                    f"alter table {name} modify column {column} set tag {PII_TAG} = '{classification}'"
                )


def _classifications(table: Table) -> dict[str, str]:
    contracted = {column.name: column.classification for column in table.columns}
    return {**contracted, **{column.name: column.classification for column in TECHNICAL_COLUMNS}}


def _policy(kind: str) -> str:
    return f"{PII_TAG}_{kind}"
