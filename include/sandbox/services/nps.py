"""A survey vendor in the style of Delighted: basic authentication with the key as user, numbered pages.

https://app.delighted.com/docs/api, https://delighted.com/docs/api/listing-survey-responses: a page is nothing
but a list; past the last it is empty. `updated_since` and `updated_until` are Unix seconds, both included.
"""

import base64
import datetime as dt
import hmac
import json
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Window
from include.sandbox.services.store import Store

PER_PAGE = 20
MOST_PER_PAGE = 100
SECOND = dt.timedelta(seconds=1)
MESSAGES = {
    401: "Unauthorized",
    404: "Not Found",
    406: "Not Acceptable",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    503: "Service Unavailable",
}


class _InvalidError(Exception):
    """A parameter the vendor would refuse; the arguments are its name and what is wrong with it."""


@dataclass(frozen=True)
class _Query:
    window: Window
    page: int
    per_page: int
    expands_person: bool


def error(
    status: int, retry_after: int | None = None, errors: dict[str, list[str]] | None = None
) -> Response:
    """The vendor's error body for a status."""
    body: dict[str, object] = {"status": status, "message": MESSAGES.get(status, "Internal Server Error")}
    if errors:
        body["errors"] = errors
    return JSONResponse(body, status, {"Retry-After": str(retry_after)} if retry_after else None)


class Nps:
    """`GET /v1/survey_responses.json`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._expected = b"Basic " + base64.b64encode(f"{secret}:".encode())
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [Route("/v1/{listed}", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._expected):
            return error(401)
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        if request.path_params["listed"] != "survey_responses.json":
            return error(404)
        try:
            query = _query(request)
        except _InvalidError as invalid:
            name, reason = invalid.args
            return error(422, errors={name: [reason]})
        skipped = (query.page - 1) * query.per_page
        page = await records.by_offset(self._store, "nps.response", query.window, skipped, query.per_page)
        texts = [record.json if query.expands_person else _referring(record.json) for record in page]
        return Response(f"[{','.join(texts)}]", media_type="application/json")


def _referring(text: str) -> str:
    """A response that names its person by id alone."""
    record = json.loads(text)
    if isinstance(record.get("person"), dict):
        record["person"] = record["person"]["id"]
    return json.dumps(record, ensure_ascii=False)


def _query(request: Request) -> _Query:
    def whole(name: str, default: int, most: int | None) -> int:
        text = request.query_params.get(name, str(default))
        if not text.isdecimal() or int(text) < 1:
            raise _InvalidError(name, "must be greater than 0")
        if most is not None and int(text) > most:
            raise _InvalidError(name, f"must be less than or equal to {most}")
        return int(text)

    bounds = {}
    for name, bound, further in (
        ("updated_since", "since", dt.timedelta(0)),
        ("updated_until", "until", SECOND),
    ):
        if text := request.query_params.get(name):
            if not text.isdecimal():
                raise _InvalidError(name, "must be a Unix timestamp")
            bounds[bound] = dt.datetime.fromtimestamp(int(text), dt.UTC) + further
    return _Query(
        Window(**bounds),
        whole("page", 1, None),
        whole("per_page", PER_PAGE, MOST_PER_PAGE),
        "person" in request.query_params.getlist("expand[]"),
    )
