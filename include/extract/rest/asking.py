"""The query that asks an API for a stretch of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from include.contracts import TIMEZONE, Moments, Paginator, RestTableRead, SinglePaginator


def parameters(
    read: RestTableRead, paginator: Paginator, start: datetime, end: datetime
) -> dict[str, str | int]:
    """Query parameters for `[start, end)`; they may ask for more, never for less."""
    asked: dict[str, str | int] = {read.since: _since(start, read.moments)}
    if read.until:
        asked[read.until] = _until(end, read.moments)
    if not isinstance(paginator, SinglePaginator):
        asked[paginator.page_size] = read.page_size
    return asked


def _since(moment: datetime, moments: Moments) -> str:
    match moments:
        case "rfc3339":
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case "unix":
            return str(int(moment.timestamp()))
        case "date":
            return moment.astimezone(ZoneInfo(TIMEZONE)).date().isoformat()


def _until(moment: datetime, moments: Moments) -> str:
    """A date names a whole day, so a window that ends at midnight ends with the day before."""
    return _since(moment - timedelta(microseconds=1) if moments == "date" else moment, moments)
