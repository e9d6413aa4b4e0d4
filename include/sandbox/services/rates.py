"""A rates service in the style of the Bank of Canada's Valet API: observations of a group by date range.

https://www.bankofcanada.ca/valet/docs. It is public: no key is asked for. A day without observations is left
out, a series without an observation on a day is left out of that day, and rates are text.
"""

import datetime as dt
import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.bank.calendar import TORONTO
from include.sandbox.services import records
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.records import Record, Window
from include.sandbox.services.store import Store

GROUP = "POSTED_RATES"
DOCS = "https://www.bankofcanada.ca/valet/docs"
DAY = dt.timedelta(days=1)
MESSAGES = {
    400: "Bad Request",
    404: f"Group not found. Please see {DOCS}",
    429: "Too many requests. Please try again later",
}


def error(status: int, retry_after: int | None = None, message: str | None = None) -> Response:
    """The vendor's error body for a status."""
    body = {"message": message or MESSAGES.get(status, "Internal server error"), "docs": DOCS}
    return JSONResponse(body, status, {"Retry-After": str(retry_after)} if retry_after else None)


class Rates:
    """`GET /valet/observations/group/POSTED_RATES/json`."""

    def __init__(self, store: Store, secret: str, bucket: TokenBucket) -> None:  # noqa: ARG002 - public
        self._store = store
        self._bucket = bucket

    def routes(self) -> list[Route]:
        return [Route("/valet/observations/group/{group}/json", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        if request.path_params["group"] != GROUP:
            return error(404)
        try:
            window = _window(request)
        except ValueError as wrong:
            return error(400, message=str(wrong))
        found = await records.after(self._store, "rates.observation", window, None, 100_000)
        described = {"name": GROUP, "label": "Posted rates", "description": "Rates posted by the bank"}
        head = json.dumps({"terms": {"url": DOCS}, "groupDetail": described, "seriesDetail": _series(found)})
        observations = ",".join(record.json for record in found)
        return Response(f'{head[:-1]}, "observations": [{observations}]}}', media_type="application/json")


def _series(found: list[Record]) -> dict[str, dict[str, object]]:
    names = sorted({name for record in found for name in json.loads(record.json)} - {"d"})
    return {
        name: {
            "label": name,
            "description": name.replace("_", " ").capitalize(),
            "dimension": {"key": "d", "name": "Date"},
        }
        for name in names
    }


def _window(request: Request) -> Window:
    """From `start_date` to `end_date`, both included; either may be left out."""
    bounds = {}
    for name, bound, further in (("start_date", "since", 0 * DAY), ("end_date", "until", DAY)):
        if text := request.query_params.get(name):
            try:
                day = dt.date.fromisoformat(text)
            except ValueError:
                raise ValueError(f"Bad {name}: use YYYY-MM-DD. Please see {DOCS}") from None
            bounds[bound] = dt.datetime.combine(day + further, dt.time.min, TORONTO)
    if len(bounds) == 2 and bounds["since"] >= bounds["until"]:
        raise ValueError(f"The End date must be greater than the Start date. Please see {DOCS}")
    return Window(**bounds)
