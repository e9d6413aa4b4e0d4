"""How a staged file is read: https://docs.snowflake.com/en/sql-reference/sql/create-file-format"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from include.sandbox.warehouse.errors import missing, unsupported
from include.sandbox.warehouse.names import literal, split
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.session import Session

_CSV_OPTIONS = {
    "FIELD_DELIMITER", "SKIP_HEADER", "PARSE_HEADER", "FIELD_OPTIONALLY_ENCLOSED_BY", "NULL_IF",
    "EMPTY_FIELD_AS_NULL", "TRIM_SPACE", "ENCODING", "SKIP_BLANK_LINES",
}  # fmt: skip
_JSON_OPTIONS = {"STRIP_OUTER_ARRAY"}
_PARQUET_OPTIONS = {"USE_LOGICAL_TYPE", "BINARY_AS_TEXT", "USE_VECTORIZED_SCANNER"}
_ALWAYS = {"TYPE", "COMPRESSION", "COMMENT", "REPLACE_INVALID_CHARACTERS"}
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\001": "\x01", "\\\\N": "\\N"}
_MAX_JSON_BYTES = 134_217_728


@dataclass(frozen=True)
class FileFormat:
    """A file type with its options, unknown ones refused."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {"CSV": _CSV_OPTIONS, "JSON": _JSON_OPTIONS, "PARQUET": _PARQUET_OPTIONS}.get(self.kind)
        if known is None:
            raise unsupported(f"file format {self.kind}")
        for option in self.options:
            if option not in known | _ALWAYS:
                raise unsupported(f"{self.kind} file format option {option}")

    def flag(self, option: str, default: str) -> bool:
        return str(self.options.get(option, default)).upper() == "TRUE"

    def text(self, option: str, default: str) -> str:
        value = str(self.options.get(option, default))
        return _ESCAPES.get(value, value)

    @property
    def has_names(self) -> bool:
        """Whether columns can be matched by name."""
        return self.kind != "CSV" or self.flag("PARSE_HEADER", "FALSE")

    def rows_sql(self, file: Path) -> str:
        """A DuckDB relation with the file's own columns; JSON has the one column `json`."""
        path = literal(str(file))
        if self.kind == "PARQUET":
            return f"read_parquet({path})"
        if self.kind == "JSON":
            layout = "array" if self.flag("STRIP_OUTER_ARRAY", "FALSE") else "auto"
            return f"read_json_objects({path}, format = '{layout}', maximum_object_size = {_MAX_JSON_BYTES})"
        return f"read_csv({path}, {self._csv_options(file)})"

    def _csv_options(self, file: Path) -> str:
        quote = self.text("FIELD_OPTIONALLY_ENCLOSED_BY", "NONE")
        nulls = self.options.get("NULL_IF", ["\\\\N"])
        nulls = [nulls] if isinstance(nulls, str) else [_ESCAPES.get(n, n) for n in nulls]
        if self.flag("EMPTY_FIELD_AS_NULL", "TRUE") and "" not in nulls:
            nulls = [*nulls, ""]
        named = self.flag("PARSE_HEADER", "FALSE")
        options = {
            "delim": literal(self.text("FIELD_DELIMITER", ",")),
            "quote": literal("" if quote == "NONE" else quote),
            "nullstr": "[" + ", ".join(literal(n) for n in nulls) + "]",
            "allow_quoted_nulls": "false",
            "header": str(named).lower(),
            "skip": str(int(self.text("SKIP_HEADER", "0"))),
            "all_varchar": "true",
        }
        if not named:
            columns = ", ".join(f"'column{index}': 'VARCHAR'" for index in range(self._width(file)))
            options |= {"auto_detect": "false", "columns": "{" + columns + "}"}
        return ", ".join(f"{name} = {value}" for name, value in options.items())

    def _width(self, file: Path) -> int:
        """How many fields the first row has."""
        quote = self.text("FIELD_OPTIONALLY_ENCLOSED_BY", "NONE")
        quoting: dict[str, Any] = {"quoting": csv.QUOTE_NONE} if quote == "NONE" else {"quotechar": quote}
        with _opened(file) as lines:
            for _ in range(int(self.text("SKIP_HEADER", "0"))):
                next(lines, "")
            first = next(csv.reader(lines, delimiter=self.text("FIELD_DELIMITER", ","), **quoting), [""])
        return max(len(first), 1)


def _opened(file: Path) -> IO[str]:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8")
    return file.open(encoding="utf-8")


def file_format(session: Session, value: Any) -> FileFormat:
    """The format of COPY's FILE_FORMAT option: options, a name, or a name with options on top."""
    given: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
    name = given.pop("FORMAT_NAME", None) if given else value
    if name:
        qualified = session.object_name(split(str(name)))
        found = session.records(qualified.database).get("FILE FORMAT", qualified)
        if found is None:
            raise missing("File format", str(qualified))
        given = {**Reader(found.definition).options(), **given}
    kind = str(given.pop("TYPE", "CSV")).upper()
    return FileFormat(kind, given)
