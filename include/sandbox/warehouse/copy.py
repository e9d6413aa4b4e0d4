"""COPY INTO a table from staged files: https://docs.snowflake.com/en/sql-reference/sql/copy-into-table"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from include.sandbox.warehouse.definitions import TableColumn, columns_of
from include.sandbox.warehouse.errors import SnowflakeError, invalid_identifier, syntax_error, unsupported
from include.sandbox.warehouse.file_formats import FileFormat, file_format
from include.sandbox.warehouse.guard import require_relation
from include.sandbox.warehouse.names import ObjectName, literal, quoted
from include.sandbox.warehouse.queries import to_duckdb
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import OTHER, Result, rows, status
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.shield import shield
from include.sandbox.warehouse.stages import Location, StagedFile, locate
from include.sandbox.warehouse.translate import parse

_RESULT = [
    ("file", "VARCHAR"), ("status", "VARCHAR"), ("rows_parsed", "BIGINT"), ("rows_loaded", "BIGINT"),
    ("error_limit", "BIGINT"), ("errors_seen", "BIGINT"), ("first_error", "VARCHAR"),
    ("first_error_line", "BIGINT"),
    ("first_error_character", "BIGINT"), ("first_error_column_name", "VARCHAR"),
]  # fmt: skip
_OPTIONS = {
    "FILES",
    "PATTERN",
    "FILE_FORMAT",
    "MATCH_BY_COLUMN_NAME",
    "FORCE",
    "PURGE",
    "ON_ERROR",
    "INCLUDE_METADATA",
}
_STAGE_IN_FROM = re.compile(r"(\bfrom\s+)('@[^']+'|@[^\s();,]+)", re.IGNORECASE)
_STAGED = "~STAGED"


@dataclass(frozen=True)
class _Copy:
    """One COPY statement, read."""

    target: ObjectName
    columns: Sequence[str]
    location: Location
    query: str | None
    format: FileFormat
    match: str
    metadata: Mapping[str, str]
    force: bool


def copy_into(session: Session, reader: Reader) -> Result:
    reader.expect("COPY", "INTO")
    if reader.stage_follows():
        raise unsupported("COPY INTO <location>")
    target = session.object_name(reader.name())
    listed = Reader(reader.parenthesised()) if reader.words(1) == ("(",) else None
    reader.expect("FROM")
    query = reader.parenthesised() if reader.words(1) == ("(",) else None
    location = locate(session, _stage_of(query) if query is not None else reader.stage(), "READ")
    options = reader.options()
    reader.end()
    statement = _Copy(
        target,
        _identifiers(listed) if listed else [],
        location,
        query,
        file_format(session, options.get("FILE_FORMAT", {})),
        str(options.get("MATCH_BY_COLUMN_NAME", "NONE")).upper(),
        _metadata(options),
        _flag(options, "FORCE"),
    )
    _check(statement, options)
    require_relation(session, target, "INSERT")
    if not session.autocommit:
        session.begin()
    with session.unit():
        files = _chosen(location, options)
        loaded = _load(session, statement, files)
    if _flag(options, "PURGE"):
        for file in files:
            file.local.unlink(missing_ok=True)
    if not loaded:
        return status("Copy executed with 0 files processed.")
    return rows(_RESULT, loaded, OTHER)


def _stage_of(query: str) -> str:
    match = _STAGE_IN_FROM.search(query)
    if match is None:
        raise syntax_error("a COPY transformation must select FROM a stage.")
    return match[2].strip("'")


def _identifiers(reader: Reader) -> list[str]:
    names = [reader.identifier()]
    while reader.accept(","):
        names.append(reader.identifier())
    return names


def _flag(options: Mapping[str, Any], name: str) -> bool:
    return str(options.get(name, "FALSE")).upper() == "TRUE"


def _metadata(options: Mapping[str, Any]) -> dict[str, str]:
    given = options.get("INCLUDE_METADATA", {})
    return {column: str(source).upper().removeprefix("METADATA$") for column, source in dict(given).items()}


def _check(statement: _Copy, options: Mapping[str, Any]) -> None:
    for option in options:
        if option not in _OPTIONS:
            raise unsupported(f"COPY option {option}")
    if str(options.get("ON_ERROR", "ABORT_STATEMENT")).upper() != "ABORT_STATEMENT":
        raise unsupported(f"COPY option ON_ERROR = {options['ON_ERROR']}")
    if statement.match not in ("NONE", "CASE_SENSITIVE", "CASE_INSENSITIVE"):
        raise unsupported(f"MATCH_BY_COLUMN_NAME = {statement.match}")
    if statement.match != "NONE" and (statement.query is not None or statement.columns):
        raise syntax_error("MATCH_BY_COLUMN_NAME cannot be combined with a column list or a transformation.")
    if statement.match != "NONE" and not statement.format.has_names:
        raise syntax_error("MATCH_BY_COLUMN_NAME for CSV needs PARSE_HEADER = TRUE in the file format.")
    if statement.metadata and statement.match == "NONE":
        raise syntax_error("INCLUDE_METADATA needs MATCH_BY_COLUMN_NAME.")


def _chosen(location: Location, options: Mapping[str, Any]) -> list[StagedFile]:
    """The files under the location that FILES and PATTERN leave."""
    files = location.files()
    wanted = options.get("FILES")
    if wanted is not None:
        by_path = {file.path: file for file in files}
        prefix = location.prefix.rstrip("/") + "/" if location.prefix else ""
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        lost = next((name for name in names if prefix + name not in by_path), None)
        if lost is not None:
            raise SnowflakeError(
                f"Remote file '{location.label}/{prefix}{lost}' was not found.", 91016, "22000"
            )
        files = [by_path[prefix + name] for name in names]
    pattern = options.get("PATTERN")
    return [file for file in files if pattern is None or re.fullmatch(str(pattern), file.path)]


def _load(session: Session, statement: _Copy, files: Sequence[StagedFile]) -> list[list[Any]]:
    """Load each file not loaded before; one result row per file."""
    columns = columns_of(session, statement.target)
    remembered = statement.target not in session.temporary
    records = session.records(statement.target.database)
    before = records.loaded(statement.target) if remembered and not statement.force else set()
    outcome: list[list[Any]] = []
    for file in files:
        shown = f"{statement.location.label}/{file.path}"
        identity = (f"{statement.location.name}/{file.path}", file.md5)
        if identity in before:
            outcome.append([shown, "LOAD_SKIPPED", 0, 0, 1, 1, "File was loaded before.", None, None, None])
            continue
        count = _load_file(session, statement, file, columns)
        if remembered:
            records.add_load(statement.target, *identity, count)
        outcome.append([shown, "LOADED", count, count, 1, 0, None, None, None, None])
    return outcome


def _load_file(session: Session, statement: _Copy, file: StagedFile, columns: Sequence[TableColumn]) -> int:
    source = statement.format.rows_sql(file.local)
    if statement.match != "NONE":
        names, select = _by_name(session, statement, file, columns, source)
    elif statement.query is not None:
        names, select = list(statement.columns), _transformed(session, statement, file, source)
    else:
        names, select = list(statement.columns), _by_position(statement, columns, source)
    into = f" ({', '.join(quoted(name) for name in names)})" if names else ""
    counted = session.rows(f"insert into {session.physical(statement.target)}{into} {select}")
    return int(counted[0][0])


def _by_name(
    session: Session, statement: _Copy, file: StagedFile, columns: Sequence[TableColumn], source: str
) -> tuple[list[str], str]:
    """Columns that file and table share; the table's others get NULL, the file's others are left out."""
    json = statement.format.kind == "JSON"
    fold = str.upper if statement.match == "CASE_INSENSITIVE" else str
    if json:
        found = {
            fold(n): (n, "JSON")
            for (n,) in session.rows(f"select distinct unnest(json_keys(json)) from {source}")
        }
    else:
        found = {fold(n): (n, kind) for n, kind, *_ in session.rows(f"describe select * from {source}")}
    values: dict[str, str] = {}
    for column in columns:
        if column.name in statement.metadata or fold(column.name) not in found:
            continue
        name, kind = found[fold(column.name)]
        if json:
            path = literal(f'$."{name}"')
            values[column.name] = f"json{'->' if column.duckdb_type == 'JSON' else '->>'}{path}"
        else:
            values[column.name] = _assigned(quoted(name), kind, column)
    available = _file_facts(file)
    for name, fact in statement.metadata.items():
        if name not in {column.name for column in columns}:
            raise invalid_identifier(name)
        if fact not in available:
            raise unsupported(f"METADATA${fact}")
        values[name] = available[fact]
    if not values:
        raise SnowflakeError(
            f"No column of file '{file.path}' matches a column of the table.", 100080, "22000"
        )
    return list(values), f"select {', '.join(values.values())} from {source}"


def _assigned(value: str, kind: str, column: TableColumn) -> str:
    """A file's value for a column; a VARIANT keeps a text as a text, it is not parsed."""
    return f"to_json({value})" if column.duckdb_type == "JSON" and kind != "JSON" else value


def _by_position(statement: _Copy, columns: Sequence[TableColumn], source: str) -> str:
    if statement.format.kind == "CSV":
        return f"select * from {source}"
    if len(statement.columns or columns) != 1:
        raise SnowflakeError(
            f"SQL compilation error:\n{statement.format.kind} file format can produce one and only one "
            "column of type variant, object, or array. Load data into separate columns using the "
            "MATCH_BY_COLUMN_NAME copy option or copy with transformation.",
            2019,
            "0A000",
        )
    return (
        f"select json from {source}"
        if statement.format.kind == "JSON"
        else f"select to_json(f) from {source} f"
    )


def _transformed(session: Session, statement: _Copy, file: StagedFile, source: str) -> str:
    """The transformation's query over the file, for which a temporary view stands.

    `$1` is the whole record for Parquet and JSON, `$n` the n-th field for CSV.
    """
    facts = ", ".join(f'{value} as "METADATA${name}"' for name, value in _file_facts(file).items())
    if statement.format.kind == "CSV":
        width = len(session.rows(f"describe select * from {source}"))
        names = ", ".join(quoted(f"COLUMN{index + 1}") for index in range(width))
        selected = f"select *, {facts} from (select * from {source}) f({names})"
    else:
        record = "json" if statement.format.kind == "JSON" else "to_json(f)"
        selected = f'select {record} as "COLUMN1", {facts} from {source} f'
    name = session.object_name([_STAGED])
    view = f"{_STAGED}{uuid.uuid4().hex}"
    session.rows(f"create temporary view {quoted('temp', 'main', view)} as {selected}")
    session.temporary[name] = view
    try:
        query = parse(_STAGE_IN_FROM.sub(f'\\1"{_STAGED}"', statement.query or "", count=1))
        return to_duckdb(session, shield(session, query))
    finally:
        del session.temporary[name]


def _file_facts(file: StagedFile) -> dict[str, str]:
    """https://docs.snowflake.com/en/user-guide/querying-metadata"""
    return {
        "FILENAME": literal(file.path),
        "FILE_ROW_NUMBER": "row_number() over ()",
        "FILE_CONTENT_KEY": literal(file.md5),
        "FILE_LAST_MODIFIED": f"timestamp {literal(file.modified.strftime('%Y-%m-%d %H:%M:%S.%f'))}",
        "START_SCAN_TIME": "now()::timestamp",
    }
