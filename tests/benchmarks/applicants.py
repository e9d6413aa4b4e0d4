"""An API with many records, in the shape of the KYC vendor, answering from memory.

    python -m tests.benchmarks.applicants PORT RECORDS

The sandbox's own vendors answer from a database, which would be most of what a contender waits for.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PER_PAGE = 200
DAY = "2026-11-18"


def records(count: int) -> Iterator[dict[str, str | None]]:
    """Applicants of one day, as kyc.yaml has them."""
    for number in range(count):
        moment = f"{DAY}T{12 + number % 6:02d}:{number % 60:02d}:00Z"
        yield {
            "applicant_id": f"app-{number:09d}",
            "party_id": f"p-{number:09d}" if number % 3 else None,
            "first_name": "Zoë",
            "last_name": f"Tremblay-{number % 977}",
            "email": f"zoe.{number}@example.com",
            "phone": f"+1 416 555 {number % 10_000:04d}",
            "sin": f"{number % 1_000_000_000:09d}",
            "state": "verified",
            "created_at": moment,
            "updated_at": moment,
        }


def pages(count: int) -> list[bytes]:
    rows = list(records(count))
    return [
        json.dumps({"applicants": rows[first : first + PER_PAGE]}).encode()
        for first in range(0, len(rows), PER_PAGE)
    ]


def application(count: int) -> Starlette:
    """The three lists of the vendor; two are empty."""
    bodies = pages(count)

    async def applicants(request: Request) -> Response:
        page = int(request.query_params.get("page", "1"))
        headers = {}
        if page < len(bodies):
            following = request.url.include_query_params(page=page + 1)
            headers["Link"] = f'<{following}>; rel="next"'
        return Response(bodies[page - 1], media_type="application/json", headers=headers)

    async def nothing(request: Request) -> Response:
        listed = request.path_params["listed"]
        return Response(json.dumps({listed: []}), media_type="application/json")

    return Starlette(routes=[Route("/v3/applicants", applicants), Route("/v3/{listed}", nothing)])


if __name__ == "__main__":
    port, count = (int(argument) for argument in sys.argv[1:])
    uvicorn.run(application(count), host="127.0.0.1", port=port, log_level="warning")
