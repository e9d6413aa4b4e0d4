"""The connector's wire format: bind values in, column types and Arrow or JSON rows out.

The protocol has no public specification; it is what snowflake-connector-python 4.8 reads (result_batch.py,
arrow_context).
"""

from __future__ import annotations

import base64
import datetime as dt
import decimal
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from include.sandbox.warehouse.results import Column, Result, Spilled

_MAX_TEXT = 16_777_216
_MAX_BINARY = 8_388_608
_UTC_OFFSET = 1440  # minutes, with 1440 standing for +00:00
_UTC_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

_INTEGERS = {
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
}
_SIMPLE = {
    "DOUBLE": "real",
    "FLOAT": "real",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp_ntz",
    "TIMESTAMP_S": "timestamp_ntz",
    "TIMESTAMP_MS": "timestamp_ntz",
    "TIMESTAMP_NS": "timestamp_ntz",
    "TIMESTAMP WITH TIME ZONE": "timestamp_tz",
    "TIME": "time",
    "BLOB": "binary",
    "JSON": "variant",
}
_MICROSECONDS = 6


def bindings(wire: Mapping[str, Mapping[str, Any]] | None) -> list[list[Any]]:
    """The rows of values bound to a statement: one row, or several for an array bind."""
    if not wire:
        return []
    columns = [wire[str(index)] for index in range(1, len(wire) + 1)]
    if any(isinstance(column["value"], list) for column in columns):
        values = [[_bound(column["type"], item) for item in column["value"]] for column in columns]
        return [list(row) for row in zip(*values, strict=True)]
    return [[_bound(column["type"], column["value"]) for column in columns]]


def _bound(kind: str, value: str | None) -> Any:
    return None if value is None else _FROM_WIRE.get(kind, str)(value)


def _number(value: str) -> int | decimal.Decimal:
    return int(value) if re.fullmatch(r"[+-]?\d+", value) else decimal.Decimal(value)


def _instant(value: str) -> dt.datetime:
    """Nanoseconds since 1970, followed by an offset for TIMESTAMP_TZ."""
    return _UTC_EPOCH + dt.timedelta(microseconds=int(value.split(maxsplit=1)[0]) // 1000)


_FROM_WIRE: dict[str, Callable[[str], Any]] = {
    "FIXED": _number,
    "REAL": float,
    "BOOLEAN": lambda value: value.lower() in ("true", "1"),
    "DATE": lambda value: (_UTC_EPOCH + dt.timedelta(milliseconds=int(value))).date(),
    "TIME": lambda value: _instant(value).time(),
    "TIMESTAMP_NTZ": lambda value: _instant(value).replace(tzinfo=None),
    "TIMESTAMP_LTZ": _instant,
    "TIMESTAMP_TZ": _instant,
    "BINARY": bytes.fromhex,
}


def rowtype(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The description of each column as the connector's ResultMetadata reads it."""
    return [_described(column) for column in columns]


def _described(column: Column) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": column.name,
        "database": "",
        "schema": "",
        "table": "",
        "nullable": True,
        "type": "text",
        "byteLength": None,
        "length": None,
        "scale": None,
        "precision": None,
        "collation": None,
    }
    kind = column.duckdb_type
    if match := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind):
        found |= {"type": "fixed", "precision": int(match[1]), "scale": int(match[2])}
    elif kind in _INTEGERS:
        found |= {"type": "fixed", "precision": 38, "scale": 0}
    elif kind in _SIMPLE:
        found["type"] = _SIMPLE[kind]
        if found["type"].startswith("time"):
            found |= {"precision": 0, "scale": 9 if kind == "TIMESTAMP WITH TIME ZONE" else _MICROSECONDS}
        if kind == "BLOB":
            found |= {"length": _MAX_BINARY, "byteLength": _MAX_BINARY}
    elif kind.endswith("]"):
        found["type"] = "array"
    elif kind.startswith(("STRUCT", "MAP")):
        found["type"] = "object"
    else:
        found |= {"length": _MAX_TEXT, "byteLength": _MAX_TEXT}
    return found


def arrow_stream(columns: Sequence[Column], table: pa.Table) -> bytes:
    """Rows as an Arrow stream in Snowflake's physical types; no rows, no stream."""
    if not table.num_rows:  # the connector's decoder crashes on a batch without rows
        return b""
    arrays = [_physical(column) for column in table.columns]
    fields = [
        pa.field(
            kind["name"],
            array.type,
            metadata={
                "logicalType": str(kind["type"]).upper(),
                "precision": str(kind["precision"] or 38),
                "scale": str(kind["scale"] or 0),
                "charLength": str(kind["length"] or 0),
            },
        )
        for kind, array in zip(rowtype(columns), arrays, strict=True)
    ]
    schema = pa.schema(fields)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return bytes(sink.getvalue())


def rowset(result: Result, wanted: str, chunk_url: Callable[[Spilled], str]) -> dict[str, Any]:
    """The part of an answer that carries the rows; those that were spilled are named by URL."""
    if result.is_dml or wanted == "json":
        return {"queryResultFormat": "json", "rowset": _json_rows(result.whole())}
    encoded = base64.b64encode(arrow_stream(result.columns, result.table)).decode()
    answer: dict[str, Any] = {"queryResultFormat": "arrow", "rowsetBase64": encoded}
    if result.spilled:
        answer["chunkHeaders"] = {}
        answer["chunks"] = [
            {
                "url": chunk_url(part),
                "rowCount": part.row_count,
                "uncompressedSize": part.file.stat().st_size,
                "compressedSize": part.file.stat().st_size,
            }
            for part in result.spilled
        ]
    return answer


def _physical(column: pa.ChunkedArray) -> pa.Array:
    for applies, convert in _TO_ARROW:
        if applies(column.type):
            return _flat(convert(column))
    return _flat(column)


def _timestamp(column: pa.ChunkedArray) -> pa.Array:
    zoned = column.type.tz is not None
    micros = _flat(column.cast(pa.timestamp("us", tz=column.type.tz), safe=False).cast(pa.int64()))
    if not zoned:
        return micros
    seconds, rest = np.divmod(micros.fill_null(0).to_numpy(zero_copy_only=False), 1_000_000)
    parts = [pa.array(seconds, pa.int64()), pa.array(rest * 1000, pa.int32())]
    names = ["epoch", "fraction", "timezone"]
    return pa.StructArray.from_arrays(
        [*parts, pa.array([_UTC_OFFSET] * len(micros), pa.int32())],
        fields=[
            pa.field(name, kind, nullable=False)
            for name, kind in zip(names, [pa.int64(), pa.int32(), pa.int32()], strict=True)
        ],
        mask=micros.is_null(),
    )


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks)
        if column.num_chunks
        else pa.array([], column.type)
    )


_TO_ARROW: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.ChunkedArray], pa.Array]], ...] = (
    (pa.types.is_timestamp, _timestamp),
    (pa.types.is_time, lambda column: column.cast(pa.time64("us")).cast(pa.int64())),
    (pa.types.is_nested, lambda column: pa.array([_json_text(v) for v in column.to_pylist()], pa.string())),
    (pa.types.is_null, lambda column: column.cast(pa.string())),
    (pa.types.is_uint64, lambda column: column.cast(pa.decimal128(20, 0))),
    (pa.types.is_unsigned_integer, lambda column: column.cast(pa.int64())),
    (pa.types.is_float32, lambda column: column.cast(pa.float64())),
)


def _json_rows(table: pa.Table) -> list[list[str | None]]:
    """Rows as the texts that the JSON result format carries."""
    columns = [column.to_pylist() for column in table.columns]
    return [[_as_text(cell) for cell in row] for row in zip(*columns, strict=True)]


def _as_text(cell: Any) -> str | None:
    if cell is None:
        return None
    return next((convert(cell) for kind, convert in _TO_TEXT if isinstance(cell, kind)), str(cell))


def _stamp(moment: dt.datetime) -> str:
    micros = (moment.replace(tzinfo=dt.UTC) - _UTC_EPOCH) // dt.timedelta(microseconds=1)
    stamp = f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
    return stamp if moment.tzinfo is None else f"{stamp}000 {_UTC_OFFSET}"


def _json_text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=_json)


def _json(value: Any) -> Any:
    if isinstance(value, decimal.Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


_TO_TEXT: tuple[tuple[type | tuple[type, ...], Callable[[Any], str | None]], ...] = (
    (bool, lambda cell: "1" if cell else "0"),
    (dt.datetime, _stamp),
    (dt.date, lambda cell: str((cell - _UTC_EPOCH.date()).days)),
    (dt.time, lambda cell: f"{cell.hour * 3600 + cell.minute * 60 + cell.second}.{cell.microsecond:06d}"),
    (bytes, bytes.hex),
    ((list, dict), _json_text),
)
