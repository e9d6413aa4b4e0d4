"""A CRM in the style of HubSpot's search: POST a filter, `paging.next.after`, 10,000 results at most.

https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm (limitations: 200 objects a page,
10,000 results a query, five requests a second), https://developers.hubspot.com/docs/api-reference/error-handling
"""

import datetime as dt
import hmac
import json
import uuid
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.store import Store

MOST_RESULTS = 10_000
LIMIT = 10
MOST = 200
OPERATORS = {"GT": sql.SQL(">"), "GTE": sql.SQL(">="), "LT": sql.SQL("<"), "LTE": sql.SQL("<=")}
DIRECTIONS = {"ASCENDING": sql.SQL("asc"), "DESCENDING": sql.SQL("desc")}
# The table of an object, and its property that says when it was last changed: contacts have one of their own.
OBJECTS = {
    "contacts": ("crm_b.contact", "lastmodifieddate"),
    "deals": ("crm_b.deal", "hs_lastmodifieddate"),
}
# Properties that come whether asked for or not.
ALWAYS = ("createdate", "hs_object_id")
MESSAGES = {
    401: ("INVALID_AUTHENTICATION", "Authentication credentials not found or invalid."),
    404: ("OBJECT_NOT_FOUND", "resource not found"),
    429: ("RATE_LIMITS", "You have reached your secondly limit."),
}


class _InvalidError(Exception):
    """A request the vendor would refuse; the message says why."""


@dataclass(frozen=True)
class _Search:
    table: sql.Identifier
    where: sql.Composable
    values: tuple[Any, ...]
    order: sql.Composable
    properties: tuple[str, ...]
    limit: int
    after: int


def error(status: int, retry_after: int | None = None, detail: str = "") -> Response:
    """The vendor's error body for a status."""
    category, message = MESSAGES.get(status, ("INTERNAL_ERROR", "internal error"))
    if status == 400:
        category, message = "VALIDATION_ERROR", detail
    body = {
        "status": "error",
        "message": message,
        "correlationId": str(uuid.uuid4()),
        "category": category,
    }
    if status == 429:
        body |= {"errorType": "RATE_LIMIT", "policyName": "SECONDLY"}
    return JSONResponse(body, status, {"Retry-After": str(retry_after)} if retry_after else None)


class CrmB:
    """`POST /crm/v3/objects/contacts/search` and `/crm/v3/objects/deals/search`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:
        self._store = store
        self._expected = f"Bearer {secret}".encode()
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [Route("/crm/v3/objects/{listed}/search", self.search, methods=["POST"])]

    async def search(self, request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), self._expected):
            return error(401)
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        listed = request.path_params["listed"]
        if listed not in OBJECTS:
            return error(404)
        try:
            asked = _search(listed, await request.body())
        except _InvalidError as invalid:
            return error(400, detail=str(invalid))
        return await self._answer(asked, str(request.url))

    async def _answer(self, asked: _Search, url: str) -> Response:
        counting = sql.SQL("select count(*) from {} where {}").format(asked.table, asked.where)
        reading = sql.SQL("select record::text from {} where {} order by {} limit %s offset %s").format(
            asked.table, asked.where, asked.order
        )
        ((total,),) = await self._store.read(counting, asked.values)
        rows = await self._store.read(reading, (*asked.values, asked.limit, asked.after))
        body: dict[str, Any] = {
            "total": total,
            "results": [_shown(json.loads(text), asked.properties) for (text,) in rows],
        }
        following = asked.after + len(rows)
        if following < total:
            body["paging"] = {"next": {"after": str(following), "link": f"{url}?after={following}"}}
        return JSONResponse(body)


def _search(listed: str, body: bytes) -> _Search:
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        raise _InvalidError("Invalid input JSON") from None
    table, changed = OBJECTS[listed]
    limit, after = asked.get("limit", LIMIT), asked.get("after", 0)
    if not isinstance(limit, int) or not 1 <= limit <= MOST:
        raise _InvalidError(f"limit must be between 1 and {MOST}")
    if not str(after).isdecimal():
        raise _InvalidError("after must be a number")
    if int(after) + limit > MOST_RESULTS:
        raise _InvalidError(f"Cannot page beyond {MOST_RESULTS} results. Narrow the search.")
    groups = asked.get("filterGroups", [])
    if len(groups) > 1:
        raise _InvalidError("the sandbox knows one group of filters")
    filters = [_condition(one, changed) for group in groups for one in group["filters"]]
    where = sql.SQL(" and ").join([sql.SQL("true"), *(condition for condition, _ in filters)])
    properties = tuple(asked.get("properties", ()))
    return _Search(
        table=sql.Identifier(*table.split(".")),
        where=where,
        values=tuple(value for _, value in filters),
        order=_order(asked.get("sorts", []), changed),
        properties=(*properties, *(name for name in (*ALWAYS, changed) if name not in properties)),
        limit=limit,
        after=int(after),
    )


def _column(name: str, changed: str) -> sql.Composable:
    if name == changed:
        return sql.SQL("cursor_at")
    if name == "hs_object_id":
        return sql.SQL("id::bigint")
    raise _InvalidError(f"the sandbox does not search by {name!r}")


def _condition(given: dict[str, Any], changed: str) -> tuple[sql.Composable, Any]:
    column = _column(given["propertyName"], changed)
    if given["operator"] not in OPERATORS:
        raise _InvalidError(f"the sandbox does not know the operator {given['operator']!r}")
    text = str(given["value"])
    try:
        value = int(text) if given["propertyName"] == "hs_object_id" else _moment(text)
    except ValueError:
        raise _InvalidError(f"{text!r} is not a valid value of {given['propertyName']}") from None
    return sql.SQL("{} {} %s").format(column, OPERATORS[given["operator"]]), value


def _moment(text: str) -> dt.datetime:
    """Milliseconds since 1970, or RFC 3339."""
    if text.isdecimal():
        return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=int(text))
    return records.parse_moment(text)


def _order(sorts: list[dict[str, str]], changed: str) -> sql.Composable:
    """One rule of sorting at most, as with the vendor; what it leaves equal comes in any order."""
    if len(sorts) > 1:
        raise _InvalidError("Only one sort is supported")
    if not sorts:
        return sql.SQL("md5(id)")
    direction = DIRECTIONS[sorts[0].get("direction", "ASCENDING")]
    return sql.SQL("{} {}, md5(id)").format(_column(sorts[0]["propertyName"], changed), direction)


def _shown(record: dict[str, Any], properties: tuple[str, ...]) -> dict[str, Any]:
    held = record.get("properties", {})
    return {**record, "properties": {name: held.get(name) for name in properties}}
