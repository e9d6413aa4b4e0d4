"""An app analytics vendor in the style of Amplitude's Export API: hours of events as a zip of gzip files.

https://amplitude.com/docs/apis/analytics/export: an hour is that of the upload to the vendor's servers, both
ends of the range are included, several files may make up an hour, and a range without events is answered 404.
"""

import base64
import datetime as dt
import gzip
import hmac
import io
import zipfile
from collections.abc import Iterator
from itertools import groupby

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Record, Window
from include.sandbox.services.settings import LOGINS
from include.sandbox.services.store import Store

PROJECT = 410017
HOUR = dt.timedelta(hours=1)
MOST_HOURS = 365 * 24
EVENTS_PER_FILE = 5_000
MESSAGES = {
    400: "Invalid request",
    401: "Invalid API key or secret key",
    404: "Raw data files were not found",
    429: "Too many requests",
}


def error(status: int, retry_after: int | None = None, detail: str = "") -> Response:
    """The vendor's error body for a status."""
    message = MESSAGES.get(status, "Internal server error")
    body = {"error": {"http_code": status, "message": f"{message}: {detail}" if detail else message}}
    return JSONResponse(body, status, {"Retry-After": str(retry_after)} if retry_after else None)


class MobileApp:
    """`GET /api/2/export`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._expected = b"Basic " + base64.b64encode(f"{LOGINS['mobile_app']}:{secret}".encode())
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [Route("/api/2/export", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._expected):
            return error(401)
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        try:
            first, last = _hour(request, "start"), _hour(request, "end")
        except ValueError as invalid:
            return error(400, detail=str(invalid))
        if not first <= last < first + MOST_HOURS * HOUR:
            return error(400, detail="end must lie after start and within 365 days of it")
        found = await records.after(self._store, "mobile_app.event", Window(first, last + HOUR), None, None)
        if not found:
            return error(404)
        return Response(await run_in_threadpool(_archive, found), media_type="application/zip")


def _hour(request: Request, name: str) -> dt.datetime:
    """A parameter such as 20261118T05, an hour of UTC. Raises ValueError with the vendor's complaint."""
    try:
        return dt.datetime.strptime(f"{request.query_params.get(name, '')}+0000", "%Y%m%dT%H%z")
    except ValueError:
        raise ValueError(f"{name} must be formatted YYYYMMDDTHH") from None


def _archive(found: list[Record]) -> bytes:
    """The zip file of these events, one gzip file per hour and 5,000 events."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, events in _files(found):
            lines = "".join(f"{event.json}\n" for event in events)
            archive.writestr(name, gzip.compress(lines.encode(), compresslevel=1, mtime=0))
    return whole.getvalue()


def _files(found: list[Record]) -> Iterator[tuple[str, list[Record]]]:
    for hour, events in groupby(
        found, lambda event: event.position.cursor_at.replace(minute=0, second=0, microsecond=0)
    ):
        of_hour = list(events)
        for part, start in enumerate(range(0, len(of_hour), EVENTS_PER_FILE)):
            name = f"{PROJECT}/{PROJECT}_{hour:%Y-%m-%d}_{hour.hour}#{part}.json.gz"
            yield name, of_hour[start : start + EVENTS_PER_FILE]
