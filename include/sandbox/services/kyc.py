"""A KYC vendor in the style of Onfido's API v3: numbered pages, `Link` headers, a token.

https://documentation.onfido.com/api/latest/#pagination, #errors, #rate-limits
"""

import hmac
import math
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Window
from include.sandbox.services.store import Store

PER_PAGE = 20
MOST_PER_PAGE = 500
LISTS = {
    "applicants": "kyc.applicant",
    "checks": "kyc.verification",
    "pending_handoffs": "kyc.pending_handoff",
}
ERRORS = {
    401: ("authorization_error", "Authorization error: please re-check your credentials"),
    404: ("resource_not_found", "Could not find the requested resource"),
    422: ("validation_error", "There was a validation error on this request"),
    429: ("rate_limit", "Rate limit exceeded. Please try again later"),
}


class _InvalidError(Exception):
    """A parameter the vendor would refuse; the arguments are its name and what is wrong with it."""


@dataclass(frozen=True)
class _Query:
    page: int
    per_page: int
    window: Window


def error(
    status: int, retry_after: int | None = None, fields: dict[str, list[str]] | None = None
) -> Response:
    """The vendor's error body for a status."""
    kind, message = ERRORS.get(status, ("internal_server_error", "Internal server error"))
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    body = {"error": {"type": kind, "message": message, "fields": fields or {}}}
    return JSONResponse(body, status, headers)


class Kyc:
    """`GET /v3/applicants`, `/v3/checks` and `/v3/pending_handoffs`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._expected = f"Token token={secret}".encode()
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [Route("/v3/{listed}", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        shown = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, self._expected):
            return error(401)
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        listed = request.path_params["listed"]
        if listed not in LISTS:
            return error(404)
        try:
            query = _query(request)
        except _InvalidError as invalid:
            name, reason = invalid.args
            return error(422, fields={name: [reason]})
        total = await records.count(self._store, LISTS[listed], query.window)
        page = await records.by_offset(
            self._store, LISTS[listed], query.window, (query.page - 1) * query.per_page, query.per_page
        )
        response = records.listing(listed, page)
        response.headers["X-Total-Count"] = str(total)
        if links := _links(request, query, total):
            response.headers["Link"] = links
        return response


def _query(request: Request) -> _Query:
    def whole(name: str, default: int, most: int | None) -> int:
        text = request.query_params.get(name, str(default))
        if not text.isdecimal() or int(text) < 1:
            raise _InvalidError(name, "must be a number from 1 up")
        if most is not None and int(text) > most:
            raise _InvalidError(name, f"must be less than or equal to {most}")
        return int(text)

    bounds = {}
    for name, bound in (("updated_since", "since"), ("updated_before", "until")):
        if text := request.query_params.get(name):
            try:
                bounds[bound] = records.parse_moment(text)
            except ValueError:
                raise _InvalidError(name, "must be an RFC 3339 date-time with an offset") from None
    return _Query(whole("page", 1, None), whole("per_page", PER_PAGE, MOST_PER_PAGE), Window(**bounds))


def _links(request: Request, query: _Query, total: int) -> str:
    last = max(1, math.ceil(total / query.per_page))
    pages: dict[str, int] = {}
    if query.page > 1:
        pages |= {"first": 1, "prev": min(query.page - 1, last)}
    if query.page < last:
        pages |= {"next": query.page + 1, "last": last}
    return ", ".join(
        f'<{request.url.include_query_params(page=page)}>; rel="{relation}"'
        for relation, page in pages.items()
    )
