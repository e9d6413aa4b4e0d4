"""COPY of staged files by column name."""

from collections.abc import Sequence

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract
from include.landing.manifest import LandingError, StagedFile
from include.landing.parquet import FROM_METADATA

FILES_PER_COPY = 1000  # as many as one COPY may name


def copy(cursor: SnowflakeCursor, contract: SourceContract, target: str, files: Sequence[StagedFile]) -> None:
    """Every row of `files` into `target`. Raises LandingError when their number is not the staged one."""
    metadata = ", ".join(f"{column} = {source}" for column, source in FROM_METADATA.items())
    for start in range(0, len(files), FILES_PER_COPY):
        portion = files[start : start + FILES_PER_COPY]
        names = ", ".join(f"'{file.name}'" for file in portion)
        # FORCE: the ledger decides what is new, and the warehouse forgets what it loaded after some weeks.
        cursor.execute(
            f"copy into {target} from @{contract.schema}.landing files = ({names}) "
            "file_format = (type = parquet) match_by_column_name = case_insensitive "
            f"include_metadata = ({metadata}) force = true on_error = abort_statement"
        )
        loaded, expected = _rows_loaded(cursor), sum(file.rows for file in portion)
        if loaded != expected:
            raise LandingError(
                f"COPY into {target} took {loaded} rows of {expected} that were staged. Nothing was "
                "committed. Clear the extract task of this run, which stages the files again."
            )


def _rows_loaded(cursor: SnowflakeCursor) -> int:
    names = [column.name.upper() for column in cursor.description]
    if "ROWS_LOADED" not in names:  # the answer when no file was found
        return 0
    at = names.index("ROWS_LOADED")
    return sum(int(row[at]) for row in cursor.fetchall())
