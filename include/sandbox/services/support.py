"""A help desk in the style of Zendesk: incremental exports, by cursor for tickets, by time for their events.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ and
https://developer.zendesk.com/documentation/ticketing/managing-tickets/using-the-incremental-export-api.
An export by time goes on from the second of its last record and so sends the records of that second again.
"""

import base64
import binascii
import datetime as dt
import hmac
import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Position, Record, Window
from include.sandbox.services.settings import LOGINS
from include.sandbox.services.store import Store

MOST_PER_PAGE = 1000
ERRORS = {
    400: {"error": "BadRequest", "description": "The request is not valid"},
    401: {"error": "Couldn't authenticate you"},
    404: {"error": "InvalidEndpoint", "description": "Not found"},
    429: {"error": "APIRateLimitExceeded", "description": "Number of allowed exports per minute exceeded"},
}


class _InvalidError(Exception):
    """A parameter the vendor would refuse; the message says why."""


@dataclass(frozen=True)
class _Query:
    start: dt.datetime
    after: Position | None
    per_page: int


def error(status: int, retry_after: int | None = None, description: str | None = None) -> Response:
    """The vendor's error body for a status."""
    body = dict(ERRORS.get(status, {"error": "InternalError", "description": "Something went wrong"}))
    if description:
        body["description"] = description
    return JSONResponse(body, status, {"Retry-After": str(retry_after)} if retry_after else None)


class Support:
    """`GET /api/v2/incremental/tickets/cursor.json` and `/api/v2/incremental/ticket_events.json`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._expected = b"Basic " + base64.b64encode(f"{LOGINS['support']}:{secret}".encode())
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [
            Route("/api/v2/incremental/tickets/cursor.json", self.tickets, methods=["GET"]),
            Route("/api/v2/incremental/ticket_events.json", self.events, methods=["GET"]),
            Route("/api/v2/{rest:path}", self.unknown, methods=["GET"]),
        ]

    async def tickets(self, request: Request) -> Response:
        """By cursor: each answer names the place to go on from, the last one too."""
        query = self._query(request)
        if isinstance(query, Response):
            return query
        found = await records.after(
            self._store, "support.ticket", Window(since=query.start), query.after, query.per_page + 1
        )
        page = found[: query.per_page]
        last = page[-1].position if page else query.after
        cursor = _cursor(last) if last else None
        url = f"{request.url.replace(query='')}?cursor={cursor}" if cursor else None
        rest = {"after_url": url, "after_cursor": cursor, "before_url": None, "before_cursor": None}
        return _listing("tickets", page, {**rest, "end_of_stream": len(found) <= query.per_page})

    async def events(self, request: Request) -> Response:
        """By time: a page is filled up with all records of its last second."""
        query = self._query(request)
        if isinstance(query, Response):
            return query
        window = Window(since=query.start)
        page = await records.after(self._store, "support.ticket_event", window, None, query.per_page)
        more: list[Record] = []
        if len(page) == query.per_page:
            last = page[-1].position
            same = Window(since=last.cursor_at, until=last.cursor_at + dt.timedelta(seconds=1))
            page += await records.after(self._store, "support.ticket_event", same, last, MOST_PER_PAGE)
            rest = Window(since=same.until)
            more = await records.after(self._store, "support.ticket_event", rest, None, 1)
        end = int((page[-1].position.cursor_at if page else query.start).timestamp())
        url = f"{request.url.replace(query='')}?start_time={end}"
        facts = {"count": len(page), "end_time": end, "next_page": url, "end_of_stream": not more}
        return _listing("ticket_events", page, facts)

    async def unknown(self, request: Request) -> Response:
        refusal = self._query(request)
        return refusal if isinstance(refusal, Response) and refusal.status_code == 401 else error(404)

    def _query(self, request: Request) -> _Query | Response:
        """What is asked for, or the refusal of it."""
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._expected):
            return error(401)
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        try:
            return _parsed(request)
        except _InvalidError as invalid:
            return error(400, description=str(invalid))


def _listing(key: str, page: list[Record], facts: dict[str, object]) -> Response:
    return records.listing(key, page, f",{json.dumps(facts)[1:-1]}")


def _parsed(request: Request) -> _Query:
    per_page = request.query_params.get("per_page", str(MOST_PER_PAGE))
    if not per_page.isdecimal() or not 1 <= int(per_page) <= MOST_PER_PAGE:
        raise _InvalidError(f"per_page must be between 1 and {MOST_PER_PAGE}")
    if cursor := request.query_params.get("cursor"):
        after = _position(cursor)
        return _Query(after.cursor_at, after, int(per_page))
    start = request.query_params.get("start_time", "")
    if not start.isdecimal():
        raise _InvalidError("start_time is missing or is not a Unix timestamp")
    return _Query(dt.datetime.fromtimestamp(int(start), dt.UTC), None, int(per_page))


def _cursor(position: Position) -> str:
    """Opaque to callers, as the vendor's: a moment and an id."""
    return base64.urlsafe_b64encode(f"{position.cursor_at.timestamp()}||{position.id}".encode()).decode()


def _position(cursor: str) -> Position:
    try:
        moment, _, row = base64.urlsafe_b64decode(cursor).decode().partition("||")
        return Position(dt.datetime.fromtimestamp(float(moment), dt.UTC), row)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _InvalidError("Invalid cursor") from None
