"""What an answer holds: its records, wherever the contract says they stand, each as one flat mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from include.contracts import CursorPaginator, ExportPaginator, OffsetPaginator, Paginator, RestTableRead
from include.extract.patience import Readable, json_list, json_object
from include.extract.records import Number

WHOLE = "$"
_MISSING = object()


class UnexpectedPageError(Exception):
    """A page lacks what the contract says it has; the message names that."""


def readable(read: RestTableRead) -> Readable:
    """The check that an answer can be a page of this resource at all."""
    return json_list if read.records == WHOLE else json_object


def records_of(page: Any, read: RestTableRead, paginator: Paginator) -> list[dict[str, Any]]:
    """The records of a parsed answer. Raises UnexpectedPageError."""
    records = page if read.records == WHOLE else _found(page, read.records)
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UnexpectedPageError(f"a list of records under {read.records!r}")
    _leads_on(page, paginator)
    return list(_by_series(records, read)) if read.series else records


def total_of(page: Any, paginator: Paginator) -> str | None:
    """How many records there are in all, where the answer says so."""
    return str(_found(page, paginator.total)) if isinstance(paginator, OffsetPaginator) else None


def _leads_on(page: Any, paginator: Paginator) -> None:
    """The answer carries what its paging needs. Else a source that changed would seem to have ended early."""
    match paginator:
        case CursorPaginator(next=path):
            if _found(page, path) is _MISSING:
                raise UnexpectedPageError(f"the next page's token under {path!r}")
        case OffsetPaginator(total=path):
            if not str(_found(page, path)).isdecimal():
                raise UnexpectedPageError(f"the number of all records under {path!r}")
        case ExportPaginator(next=path, end=end):
            if not isinstance(_found(page, end), bool):
                raise UnexpectedPageError(f"true or false under {end!r}")
            if not _found(page, end) and _found(page, path) in (_MISSING, None):
                raise UnexpectedPageError(f"the place to go on from under {path!r}")


def _by_series(records: list[dict[str, Any]], read: RestTableRead) -> Iterator[dict[str, Any]]:
    """`{"d": day, "A": {"v": 1}, "B": {"v": 2}}` is two records: `{"d", "series", "v"}` of A and of B."""
    for record in records:
        for name, value in record.items():
            if name == read.cursor:
                continue
            if not isinstance(value, dict):
                raise UnexpectedPageError(f"an object for each series under {read.records!r}")
            yield {read.series: name, read.cursor: record.get(read.cursor), **value}


def _found(page: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(page, Mapping) or isinstance(page, Number) or key not in page:
            return _MISSING
        page = page[key]
    return page
