"""The legacy rows into a temporary table of the warehouse, as text, and only the columns that are compared.

What a plan does not name is not read, so names, addresses and remarks in a legacy file stay where they are.
Memory holds one batch, local disk one file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from snowflake.connector.cursor import SnowflakeCursor

from include.contracts.errors import suggestion
from include.governance.reconcile.plan import Legacy, Plan, ReconcileError
from include.governance.reconcile.tables import EXTRACT, SCRATCH, TEXT_COLUMNS, result_columns

BATCH_ROWS = 50_000
FILE_ROWS = 1_000_000


def load_extract(cursor: SnowflakeCursor, plan: Plan) -> int:
    """The extract's rows into the temporary table ``EXTRACT``; how many there are. Raises ReconcileError."""
    legacy = plan.legacy
    names = [pair.legacy for pair in plan.pairs]
    if legacy.query and not legacy.connection:
        return _select(cursor, legacy, names)
    columns = ", ".join(f"{column} varchar" for column in TEXT_COLUMNS[: len(names)])
    cursor.execute(f"create or replace temporary table {EXTRACT} ({columns})")
    batches = _of_file(legacy, names) if legacy.file else _of_connection(legacy, names)
    return sum(_send(cursor, file) for file in _files(batches, len(names)))


def _select(cursor: SnowflakeCursor, legacy: Legacy, names: Sequence[str]) -> int:
    found = {name.lower(): name for name in result_columns(cursor, f"({legacy.query})", "legacy.query")}
    picked = []
    for column, name in zip(TEXT_COLUMNS, names, strict=False):
        if name.lower() not in found:
            raise _no_column("legacy.query", name, found)
        quoted = found[name.lower()].replace('"', '""')
        picked.append(f'"{quoted}"::varchar as {column}')
    cursor.execute(
        f"create or replace temporary table {EXTRACT} as select {', '.join(picked)} from ({legacy.query})"  # noqa: S608
    )
    cursor.execute(f"select count(*) from {EXTRACT}")  # noqa: S608
    ((rows,),) = cursor.fetchall()
    return int(rows)


def _files(batches: Iterator[pa.RecordBatch], width: int) -> Iterator[tuple[Path, int]]:
    """Parquet files of at most FILE_ROWS rows or a batch more; each is gone when the next is asked for."""
    schema = pa.schema([pa.field(column, pa.string()) for column in TEXT_COLUMNS[:width]])
    with tempfile.TemporaryDirectory(prefix="reconcile_") as folder:
        number, rows = 0, 0
        writer: pq.ParquetWriter | None = None
        path = Path(folder) / "extract_0.parquet"
        for batch in batches:
            writer = writer or pq.ParquetWriter(path, schema, compression="zstd")
            writer.write_batch(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
            rows += batch.num_rows
            if rows >= FILE_ROWS:
                writer.close()
                yield path, rows
                path.unlink()
                number, rows, writer = number + 1, 0, None
                path = path.with_name(f"extract_{number}.parquet")
        if writer:
            writer.close()
            yield path, rows


def _send(cursor: SnowflakeCursor, file: tuple[Path, int]) -> int:
    """Through the table's own stage, which takes no privilege of its own and is gone with the session."""
    path, rows = file
    stage = f"@{SCRATCH}.%{EXTRACT.rpartition('.')[2]}"
    cursor.execute(f"put 'file://{path}' '{stage}' auto_compress = false overwrite = true")
    cursor.execute(
        f"copy into {EXTRACT} from {stage} files = ('{path.name}') file_format = (type = parquet) "
        "match_by_column_name = case_insensitive purge = true"
    )
    return rows


def _of_file(legacy: Legacy, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    path, dialect = legacy.file, legacy.dialect
    assert path is not None  # noqa: S101 -- a plan without a query has a file
    bad: list[tuple[int | None, int, int]] = []

    def stop(row: pyarrow.csv.InvalidRow) -> str:
        bad.append((row.number, row.actual_columns, row.expected_columns))
        return "error"

    try:
        header = _header(path, legacy)
        for name in names:
            if header.count(name) != 1:
                raise (
                    _no_column(path.name, name, header)
                    if name not in header
                    else ReconcileError(
                        f"{path.name} has {header.count(name)} columns {name!r}; rename all but one of them"
                    )
                )
        reader = pyarrow.csv.open_csv(
            path,
            # One thread, so that a row that does not fit is known by its number.
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False, encoding=dialect.encoding, skip_rows=dialect.skip_lines
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=stop
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=list(names),
                column_types={name: pa.string() for name in names},
                strings_can_be_null=False,
            ),
        )
        yield from reader
    except (FileNotFoundError, IsADirectoryError, PermissionError) as problem:
        raise ReconcileError(
            f"{path} cannot be read ({problem.strerror}); correct `legacy.file`, which is looked for beside "
            "the reconciliation file"
        ) from None
    except (UnicodeDecodeError, pa.ArrowInvalid) as problem:
        # Arrow quotes the row in its message, and a legacy row may hold anything.
        if bad:
            number, actual, expected = bad[0]
            where = f"row {number}" if number else "a row"
            raise ReconcileError(
                f"{path.name}: {where} has {actual} fields, the header {expected}; correct the row, or the "
                "`delimiter`"
            ) from None
        if isinstance(problem, UnicodeDecodeError) or "UTF8" in str(problem):
            raise ReconcileError(
                f"{path.name} is not {dialect.encoding}; give its `encoding`, often cp1252"
            ) from None
        raise ReconcileError(f"{path.name} is no CSV with a header; look at its first lines") from None


def _header(path: Path, legacy: Legacy) -> list[str]:
    dialect = legacy.dialect
    reader = pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(
            use_threads=False, encoding=dialect.encoding, skip_rows=dialect.skip_lines
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=dialect.delimiter, newlines_in_values=True, invalid_row_handler=lambda _: "skip"
        ),
    )
    return list(reader.schema.names)


def _of_connection(legacy: Legacy, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    from airflow.sdk.bases.hook import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    where = f"connection {legacy.connection}"
    try:
        with _drivers_errors(where, "see that its database can be reached from here and its login is right"):
            hook: Any = BaseHook.get_hook(legacy.connection)
            connection = hook.get_conn()
    except AirflowNotFoundException:
        raise ReconcileError(
            f"there is no connection {legacy.connection!r}; add it to Airflow, or set AIRFLOW_CONN_"
            f"{legacy.connection.upper()}"
        ) from None
    where, mend = f"legacy.query on {legacy.connection}", "run the query there by hand to see it"
    try:
        with _drivers_errors(where, mend):
            cursor = _cursor(hook, connection)
            cursor.execute(legacy.query)
            rows = cursor.fetchmany(BATCH_ROWS)
        found = {str(column[0]).lower(): place for place, column in enumerate(cursor.description)}
        for name in names:
            if name.lower() not in found:
                raise _no_column("legacy.query", name, list(found))
        places = [found[name.lower()] for name in names]
        while rows:
            yield pa.RecordBatch.from_arrays(
                [pa.array([_text(row[place]) for row in rows], pa.string()) for place in places],
                names=[str(place) for place in range(len(places))],
            )
            with _drivers_errors(where, mend):
                rows = cursor.fetchmany(BATCH_ROWS)
    finally:
        connection.close()


@contextmanager
def _drivers_errors(where: str, next_step: str) -> Iterator[None]:
    """Every driver has errors of its own; told as one of ours, by their first line."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        yield
    except AirflowNotFoundException:
        raise
    except Exception as problem:
        reason = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise ReconcileError(f"{where}: {reason}; {next_step}") from None


def _cursor(hook: Any, connection: Any) -> Any:
    """A cursor that does not fetch everything at once, and in PostgreSQL cannot write."""
    if getattr(hook, "conn_type", "") != "postgres":
        return connection.cursor()
    with connection.cursor() as first:
        first.execute("set transaction read only")
    return connection.cursor(name="reconcile")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else str(value)


def _no_column(where: str, name: str, found: Sequence[str] | dict[str, str]) -> ReconcileError:
    return ReconcileError(f"{where} has no column {name!r}; {suggestion(name, found)}")
