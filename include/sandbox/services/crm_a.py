"""A CRM in the style of Salesforce's REST API: OAuth, SOQL, pages by locator, deleted records on request.

https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_client_credentials_flow.htm
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-queryall.md
https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query-more-results.md
https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records, soql
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Position, Window
from include.sandbox.services.settings import LOGINS
from include.sandbox.services.soql import Query, SoqlError
from include.sandbox.services.store import Store

VERSION = "v62.0"
TOKEN_SECONDS = 7200
BATCH = 2000  # records of a page, unless the header Sforce-Query-Options asks for fewer
LEAST_BATCH = 200
OBJECTS = {
    "Contact": "crm_a.contact",
    "Opportunity": "crm_a.opportunity",
    "CampaignMember": "crm_a.campaign_member",
}
ERRORS = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),  # of the last 24 hours
    404: ("NOT_FOUND", "The requested resource does not exist"),
    429: ("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."),
    503: ("SERVER_UNAVAILABLE", "We are down for maintenance. Sorry for the inconvenience."),
}


@dataclass(frozen=True)
class _Place:
    """Where a page begins: the query, whether deleted records count, how many came before, and the last."""

    query: str
    deleted: bool
    batch: int
    seen: int
    after: Position | None


def error(status: int, retry_after: int | None = None, code: str = "", message: str = "") -> Response:
    """The vendor's error body for a status."""
    known = ERRORS.get(status, ("UNKNOWN_EXCEPTION", "An unexpected error occurred."))
    body = [{"message": message or known[1], "errorCode": code or known[0]}]
    return JSONResponse(body, status, {"Retry-After": str(retry_after)} if retry_after else None)


class CrmA:
    """`POST /services/oauth2/token`; `GET /services/data/v62.0/query`, `/queryAll` and `/query/<locator>`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._secret = secret.encode()
        self._bucket = bucket

    def routes(self) -> list[Route]:
        data = f"/services/data/{VERSION}"
        return [
            Route("/services/oauth2/token", self.token, methods=["POST"]),
            Route(f"{data}/query", self.query, methods=["GET"]),
            Route(f"{data}/queryAll", self.query_all, methods=["GET"]),
            Route(f"{data}/query/{{locator}}", self.more, methods=["GET"]),
            Route(f"{data}/queryAll/{{locator}}", self.more, methods=["GET"]),
        ]

    async def token(self, request: Request) -> Response:
        """A bearer token for the client's credentials, in the form or as basic authentication."""
        form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
        if form.get("grant_type") != "client_credentials":
            return _oauth_error("unsupported_grant_type", "grant type not supported")
        client, secret = _client(request, form)
        known = hmac.compare_digest(client.encode(), LOGINS["crm_a"].encode())
        if not known or not hmac.compare_digest(secret.encode(), self._secret):
            return _oauth_error("invalid_client", "invalid client credentials")
        host = str(request.base_url).rstrip("/")
        return JSONResponse(
            {
                "access_token": self._signed("token", str(int(time.time()) + TOKEN_SECONDS)),
                "scope": "api",
                "instance_url": host,
                "id": f"{host}/id/00DHn000000sandMAA/005Hn000000sandIAA",
                "token_type": "Bearer",
                "issued_at": str(int(time.time() * 1000)),
                "signature": base64.b64encode(hashlib.sha256(self._secret).digest()).decode(),
            }
        )

    async def query(self, request: Request) -> Response:
        return await self._first(request, deleted=False)

    async def query_all(self, request: Request) -> Response:
        return await self._first(request, deleted=True)

    async def more(self, request: Request) -> Response:
        """The page a locator stands for."""
        if refused := self._refused(request):
            return refused
        place = self._place(request.path_params["locator"])
        if place is None:
            return error(400, code="INVALID_QUERY_LOCATOR", message="invalid query locator")
        return await self._page(request, place)

    async def _first(self, request: Request, *, deleted: bool) -> Response:
        if refused := self._refused(request):
            return refused
        options = request.headers.get("Sforce-Query-Options", "")
        asked = options.removeprefix("batchSize=")
        batch = int(asked) if asked.isdecimal() else BATCH
        text = request.query_params.get("q", "")
        return await self._page(request, _Place(text, deleted, min(max(batch, LEAST_BATCH), BATCH), 0, None))

    async def _page(self, request: Request, place: _Place) -> Response:
        try:
            query = soql.parse(place.query)
            table = _table(query)
            found = await records.after(
                self._store, table, _window(query), place.after, place.batch + 1, without=_left_out(place)
            )
            page = [_object(query, json.loads(record.json)) for record in found[: place.batch]]
        except SoqlError as invalid:
            return error(400, code=invalid.code, message=str(invalid))
        body: dict[str, Any] = {
            "totalSize": await records.count(self._store, table, _window(query), without=_left_out(place)),
            "done": len(found) <= place.batch,
            "records": page,
        }
        if not body["done"]:
            last = found[place.batch - 1].position
            locator = self._locator(
                _Place(place.query, place.deleted, place.batch, place.seen + len(page), last)
            )
            # As with the vendor, the path says `query` whichever was asked, and its host is left out.
            body["nextRecordsUrl"] = f"{request.scope['root_path']}/services/data/{VERSION}/query/{locator}"
        return JSONResponse(body)

    def _refused(self, request: Request) -> Response | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        expires = self._opened("token", token) if scheme in {"Bearer", "OAuth"} else None
        if expires is None or int(expires) <= time.time():
            return error(401)
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        return None

    def _locator(self, place: _Place) -> str:
        after = place.after and [place.after.cursor_at.isoformat(), place.after.id]
        text = json.dumps([place.query, place.deleted, place.batch, place.seen, after])
        return f"{self._signed('locator', text)}-{place.seen}"

    def _place(self, locator: str) -> _Place | None:
        text = self._opened("locator", locator.rpartition("-")[0])
        if text is None:
            return None
        query, deleted, batch, seen, (moment, row_id) = json.loads(text)
        return _Place(query, deleted, batch, seen, Position(dt.datetime.fromisoformat(moment), row_id))

    def _signed(self, purpose: str, text: str) -> str:
        signature = hmac.digest(self._secret, f"{purpose} {text}".encode(), "sha256")[:12]
        return base64.urlsafe_b64encode(signature + text.encode()).decode().rstrip("=")

    def _opened(self, purpose: str, signed: str) -> str | None:
        """What was signed here for this purpose; None for anything else."""
        try:
            raw = base64.urlsafe_b64decode(signed + "=" * (-len(signed) % 4))
            text = raw[12:].decode()
        except (binascii.Error, ValueError):
            return None
        return text if hmac.compare_digest(self._signed(purpose, text), signed) else None


def _oauth_error(kind: str, description: str) -> Response:
    return JSONResponse({"error": kind, "error_description": description}, 400)


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme == "Basic":
        try:
            client, _, secret = base64.b64decode(shown).decode().partition(":")
        except (binascii.Error, ValueError):
            return "", ""
        return client, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _table(query: Query) -> str:
    if query.object not in OBJECTS:
        raise SoqlError("INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
    return OBJECTS[query.object]


def _window(query: Query) -> Window:
    return Window(query.since or records.EARLIEST, query.until or records.LATEST)


def _left_out(place: _Place) -> str:
    return "" if place.deleted else "IsDeleted"


def _object(query: Query, record: dict[str, Any]) -> dict[str, Any]:
    for name in query.fields:
        if name not in record:
            message = f"No such column '{name}' on entity '{query.object}'."
            raise SoqlError("INVALID_FIELD", message)
    url = f"/services/data/{VERSION}/sobjects/{query.object}/{record.get('Id')}"
    attributes = {"type": query.object, "url": url}
    return {"attributes": attributes, **{name: record[name] for name in query.fields}}
