"""A marketing automation vendor in the style of Braze and Marketo: an API key, opaque cursors.

https://www.braze.com/docs/api/errors, https://www.braze.com/docs/api/api_limits
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Position, Window
from include.sandbox.services.store import Store

LIMIT = 100
MOST = 1000
SIGNATURE_BYTES = 12
LISTS = {
    "subscriptions": "marketing.subscription",
    "campaigns": "marketing.campaign",
    "email_events": "marketing.email_event",
}
MESSAGES = {
    400: "Invalid request",
    401: "Invalid API key",
    404: "Not found",
    429: "Rate limit exceeded",
}


class _InvalidError(Exception):
    """A parameter the vendor would refuse; the message says why."""


@dataclass(frozen=True)
class _Query:
    window: Window
    limit: int
    after: Position | None


def error(status: int, retry_after: int | None = None, errors: list[str] | None = None) -> Response:
    """The vendor's error body for a status."""
    body: dict[str, str | list[str]] = {"message": MESSAGES.get(status, "Internal server error")}
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, {"Retry-After": str(retry_after)} if retry_after else None)


class Marketing:
    """`GET /rest/v1/subscriptions`, `/rest/v1/campaigns` and `/rest/v1/email_events`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._secret = secret.encode()
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [Route("/rest/v1/{listed}", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("X-Api-Key", "").encode(), self._secret):
            return error(401)
        wait = self._bucket.take()
        response = error(429, retry_after=wait) if wait else await self._page(request)
        response.headers["X-RateLimit-Limit"] = str(self._bucket.limit.burst)
        response.headers["X-RateLimit-Remaining"] = str(self._bucket.remaining)
        response.headers["X-RateLimit-Reset"] = str(int(time.time()) + wait)
        return response

    async def _page(self, request: Request) -> Response:
        listed = request.path_params["listed"]
        if listed not in LISTS:
            return error(404)
        try:
            query = self._query(request, listed)
        except _InvalidError as invalid:
            return error(400, errors=[str(invalid)])
        found = await records.after(self._store, LISTS[listed], query.window, query.after, query.limit + 1)
        page, more = found[: query.limit], len(found) > query.limit
        cursor = self._cursor(listed, query.window, page[-1].position) if more else None
        return records.listing("data", page, f',"next_cursor":{json.dumps(cursor)}')

    def _query(self, request: Request, listed: str) -> _Query:
        limit = request.query_params.get("limit", str(LIMIT))
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST:
            raise _InvalidError(f"limit must be between 1 and {MOST}")
        bounds = {}
        for name, bound in (("updated_since", "since"), ("updated_before", "until")):
            if text := request.query_params.get(name):
                try:
                    bounds[bound] = records.parse_moment(text)
                except ValueError:
                    raise _InvalidError(f"{name} must be an RFC 3339 date-time with an offset") from None
        window = Window(**bounds)
        cursor = request.query_params.get("cursor")
        return _Query(window, int(limit), self._position(cursor, listed, window) if cursor else None)

    def _cursor(self, listed: str, window: Window, position: Position) -> str:
        place = json.dumps([position.cursor_at.isoformat(), position.id]).encode()
        return base64.urlsafe_b64encode(self._signature(listed, window, place) + place).decode().rstrip("=")

    def _position(self, cursor: str, listed: str, window: Window) -> Position:
        """The place a cursor stands for. It is signed for its list and window and good for no other."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raw = b""
        signature, place = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(listed, window, place)):
            raise _InvalidError("cursor is not one that this query returned")
        cursor_at, row_id = json.loads(place)
        return Position(records.parse_moment(cursor_at), row_id)

    def _signature(self, listed: str, window: Window, place: bytes) -> bytes:
        asked = f"{listed} {window.since.timestamp()} {window.until.timestamp()} ".encode()
        return hmac.digest(self._secret, asked + place, hashlib.sha256)[:SIGNATURE_BYTES]
