"""Faults that can be switched on per service, so that readers are tested against bad days.

`PUT /_faults/kyc {"kind": "error", "status": 503, "for_seconds": 60}`; `count` instead limits it to that many
requests; with neither it stays until `DELETE /_faults/kyc`. `GET /_faults` shows what is on.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# slow: answers after `seconds`; error: answers `status`; cut: closes the connection half-way through the
# body; malformed: 200 with half the JSON; rate_limit: 429 with Retry-After `seconds`. An error has the body
# that the vendor gives it: 403 of crm_a says that the day's calls are used up.
KINDS = ("slow", "error", "cut", "malformed", "rate_limit")
ErrorResponse = Callable[[int, int | None], Response]


@dataclass
class Fault:
    """A fault that is on. `left` counts requests down; `until` is a moment of the monotonic clock."""

    kind: str
    seconds: float
    status: int
    left: int | None
    until: float | None

    def described(self) -> dict[str, Any]:
        ends_in = None if self.until is None else round(max(0.0, self.until - time.monotonic()), 1)
        return {
            "kind": self.kind,
            "seconds": self.seconds,
            "status": self.status,
            "requests_left": self.left,
            "ends_in_seconds": ends_in,
        }


def parsed(body: Any) -> Fault:
    """A fault from a request's JSON. Raises ValueError saying what is wrong with it."""
    known = {"kind", "seconds", "status", "count", "for_seconds"}
    if not isinstance(body, dict) or body.get("kind") not in KINDS:
        raise ValueError(f"give a JSON object whose kind is one of {', '.join(KINDS)}")
    if unknown := sorted(body.keys() - known):
        raise ValueError(f"unknown: {', '.join(unknown)}; known are {', '.join(sorted(known))}")
    numbers = {name: value for name, value in body.items() if name != "kind"}
    if wrong := [name for name, value in numbers.items() if not isinstance(value, int | float) or value < 0]:
        raise ValueError(f"{', '.join(wrong)} must be a number from 0 up")
    for_seconds = numbers.get("for_seconds")
    return Fault(
        kind=body["kind"],
        seconds=float(numbers.get("seconds", 2)),
        status=int(numbers.get("status", 503)),
        left=int(numbers["count"]) if "count" in numbers else None,
        until=None if for_seconds is None else time.monotonic() + for_seconds,
    )


class FaultBoard:
    """Which fault is on for which service, and the requests that switch it."""

    def __init__(self, services: tuple[str, ...]) -> None:
        self._faults: dict[str, Fault | None] = dict.fromkeys(services)

    def take(self, service: str) -> Fault | None:
        """The fault that this request meets, if any; counts it."""
        fault = self._faults[service]
        if fault is None:
            return None
        if fault.left == 0 or (fault.until is not None and time.monotonic() >= fault.until):
            self._faults[service] = None
            return None
        if fault.left is not None:
            fault.left -= 1
        return fault

    def routes(self) -> list[Route]:
        return [
            Route("/_faults", self.show_all, methods=["GET"]),
            Route("/_faults/{service}", self.switch, methods=["GET", "PUT", "DELETE"]),
        ]

    async def show_all(self, _: Request) -> Response:
        return JSONResponse({name: fault and fault.described() for name, fault in self._faults.items()})

    async def switch(self, request: Request) -> Response:
        service = request.path_params["service"]
        if service not in self._faults:
            return JSONResponse(
                {"error": f"no service {service!r}; there are {', '.join(self._faults)}"}, 404
            )
        if request.method == "PUT":
            try:
                self._faults[service] = parsed(await request.json())
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
        elif request.method == "DELETE":
            self._faults[service] = None
        fault = self._faults[service]
        return JSONResponse(fault and fault.described())


class Faulty:
    """A service behind its switch."""

    def __init__(self, app: ASGIApp, board: FaultBoard, service: str, error: ErrorResponse) -> None:
        self._app = app
        self._board = board
        self._service = service
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._board.take(self._service) if scope["type"] == "http" else None
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        elif fault.kind == "error":
            await self._error(fault.status, None)(scope, receive, send)
        elif fault.kind == "rate_limit":
            await self._error(429, max(1, round(fault.seconds)))(scope, receive, send)
        else:
            await self._halved(scope, receive, send, cut=fault.kind == "cut")

    async def _halved(self, scope: Scope, receive: Receive, send: Send, *, cut: bool) -> None:
        """Send half of the answer, as if it were whole or, `cut`, with the connection closed after it."""
        start: Message = {}
        body = bytearray()

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.extend(message.get("body", b""))

        await self._app(scope, receive, collect)
        half = bytes(body[: len(body) // 2])
        if not cut:
            length = str(len(half)).encode()
            start["headers"] = [
                (name, length if name == b"content-length" else value) for name, value in start["headers"]
            ]
        await send(start)
        await send({"type": "http.response.body", "body": half, "more_body": cut})
