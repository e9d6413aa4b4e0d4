"""A small HTTP API that can be told to fail: every answer comes from a real server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Api:
    """`/v1/people`, newest first, `per_page` at a time, paged by `Link` or by `cursor`.

    `people` holds the records as JSON text, so that numbers are sent as a test writes them. Each of `faults`
    answers one request instead.
    """

    people: list[str] = field(default_factory=list)
    faults: list[Answer] = field(default_factory=list)
    requests: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paging: str = "link"
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.requests.append((parts.path, query))
        self.headers.append(dict(handler.headers))
        if self.faults:
            self.faults.pop(0)(handler)
            return
        page, size = int(query.get("page") or query.get("cursor") or 1), int(query["per_page"])
        inside = [text for text in self.people if query["since"] <= _moment(text) < query["until"]]
        chosen = sorted(inside, key=_moment, reverse=True)[(page - 1) * size : page * size]
        more = page * size < len(inside)
        extra, headers = "", {}
        if self.paging == "cursor":
            extra = f', "next": "{page + 1}"' if more else ', "next": null'
        elif more:
            kept = "&".join(f"{name}={value}" for name, value in query.items() if name != "page")
            headers["Link"] = f'<{self.url}{parts.path}?{kept}&page={page + 1}>; rel="next"'
        send(handler, 200, f'{{"people": [{", ".join(chosen)}]{extra}}}', headers)


def _moment(text: str) -> str:
    return str(json.loads(text)["updated_at"])


def person(number: int, moment: Any = "2026-11-18T12:00:00Z", **more: Any) -> str:
    """A record of `tests.unit.extract.contracts.PERSON`."""
    fields = {"person_id": f"p{number}", "name": "Ann", "sin": None, "score": None, "updated_at": moment}
    return json.dumps({**fields, **more})


def send(
    handler: BaseHTTPRequestHandler, status: int, body: str, headers: dict[str, str] | None = None
) -> None:
    """An answer."""
    content = body.encode()
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def status(code: int, **headers: str) -> Answer:
    """Answers with an error."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: send(handler, code, "out of order", named)


def cut(handler: BaseHTTPRequestHandler) -> None:
    """Promises more than it sends, and hangs up."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"people": [')
    handler.wfile.flush()
    handler.close_connection = True
    handler.connection.close()


def body(text: str, code: int = 200) -> Answer:
    """Answers with something else than was asked for."""
    return lambda handler: send(handler, code, text)


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    """`api` on a free port, until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            api.answer(self)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            api.answer(self)

        def log_message(self, *_: Any) -> None:
            """Not on the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
