"""An anti-money-laundering vendor in the style of ComplyAdvantage: offset and limit, signed requests.

Errors as in https://docs.mesh.complyadvantage.com/reference/errors and /reference/rate-limiting, lists in the
`content` of https://docs.complyadvantage.com/api-docs/. Requests are signed as Sumsub has it signed, because
ComplyAdvantage shows a bare token: https://docs.sumsub.com/reference/authentication.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Window
from include.sandbox.services.settings import LOGINS
from include.sandbox.services.store import Store

LIMIT = 50
MOST = 500
CLOCK_SKEW = 60  # seconds that a signature is good for, before and after
LISTS = {"risk-bands": "aml.risk_band", "alerts": "aml.alert"}
ERRORS = {
    400: ("Bad Request", "The request is not valid."),
    401: ("Unauthorized", "Invalid authentication for resource."),
    404: ("Not Found", "This resource could not be found"),
}


class _InvalidError(Exception):
    """A parameter the vendor would refuse; the message says why."""


@dataclass(frozen=True)
class _Query:
    window: Window
    limit: int
    offset: int


def error(status: int, retry_after: int | None = None, detail: str | None = None) -> Response:
    """The vendor's error body for a status."""
    if status == 429:
        headers = {"Retry-After": str(retry_after or 1), "Ratelimit-Reset": str(retry_after or 1)}
        return JSONResponse({"message": "API rate limit exceeded"}, status, headers)
    title, usual = ERRORS.get(status, ("Internal Server Error", "The server has encountered an error."))
    return JSONResponse({"title": title, "status": status, "detail": detail or usual}, status)


class Aml:
    """`GET /v1/risk-bands` and `/v1/alerts`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._secret = secret.encode()
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [Route("/v1/{listed}", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        if reason := self._refused(request):
            return error(401, detail=reason)
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        listed = request.path_params["listed"]
        if listed not in LISTS:
            return error(404)
        try:
            query = _query(request)
        except _InvalidError as invalid:
            return error(400, detail=str(invalid))
        total = await records.count(self._store, LISTS[listed], query.window)
        page = await records.by_offset(self._store, LISTS[listed], query.window, query.offset, query.limit)
        found = ",".join(record.json for record in page)
        body = (
            f'{{"code":200,"status":"success","content":{{"total":{total},"offset":{query.offset},'
            f'"limit":{query.limit},"data":[{found}]}}}}'
        )
        response = Response(body, media_type="application/json")
        response.headers["Ratelimit-Limit"] = str(self._bucket.limit.burst)
        response.headers["Ratelimit-Remaining"] = str(self._bucket.remaining)
        return response

    def _refused(self, request: Request) -> str:
        """Why the caller is not believed; empty when they are. Path and query are signed as sent."""
        moment = request.headers.get("X-App-Access-Ts", "")
        if not moment.isdecimal() or abs(time.time() - int(moment)) > CLOCK_SKEW:
            return "Request timestamp is missing or too far from the server's clock."
        path = request.scope["raw_path"].decode()
        if query := request.scope["query_string"].decode():
            path = f"{path}?{query}"
        signed = f"{moment}{request.method}{path}".encode()
        expected = hmac.digest(self._secret, signed, hashlib.sha256).hex()
        token, signature = (request.headers.get(name, "") for name in ("X-App-Token", "X-App-Access-Sig"))
        right = hmac.compare_digest(token.encode(), LOGINS["aml"].encode())
        if not (hmac.compare_digest(signature.encode(), expected.encode()) and right):
            return ERRORS[401][1]
        return ""


def _query(request: Request) -> _Query:
    def whole(name: str, default: int, least: int, most: int | None) -> int:
        text = request.query_params.get(name, str(default))
        if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
            raise _InvalidError(f"{name} must be a number from {least} to {most or 'any'}")
        return int(text)

    bounds = {}
    for name, bound in (("updated_from", "since"), ("updated_to", "until")):
        if text := request.query_params.get(name):
            try:
                bounds[bound] = records.parse_moment(text)
            except ValueError:
                raise _InvalidError(f"{name} must be an RFC 3339 date-time with an offset") from None
    return _Query(Window(**bounds), whole("limit", LIMIT, 1, MOST), whole("offset", 0, 0, None))
