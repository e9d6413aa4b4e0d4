"""The HTTP face: logins, statements, heartbeats. One asyncio loop; statements run in worker threads.

Only failures the client should retry may be 5xx: the connector repeats those in silence, so every SQL error
is an answer with `success: false`.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Callable, Container
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from include.sandbox.warehouse import users, wire
from include.sandbox.warehouse.account import Account
from include.sandbox.warehouse.errors import SnowflakeError, internal
from include.sandbox.warehouse.repeats import Repeats
from include.sandbox.warehouse.results import Column, Spilled
from include.sandbox.warehouse.session import Session
from include.sandbox.warehouse.statements import describe_only, execute

_log = logging.getLogger(__name__)

IDLE_SECONDS = 4 * 3600.0  # https://docs.snowflake.com/en/user-guide/session-policies#session-policies
# Snowflake rolls a detached transaction back after five minutes when others wait for it:
# https://docs.snowflake.com/en/sql-reference/transactions#aborting-transactions. Here a test should not
# wait so long.
DETACHED_SECONDS = 5.0
_SWEEP_SECONDS = 1.0

Connections = Callable[[], Container[tuple[str, int] | None]]


class Server:
    """The sessions of one account and the routes they are reached by.

    `connections` tells which clients are connected at the moment, by address and port.
    """

    def __init__(self, account: Account, connections: Connections) -> None:
        self._account = account
        self._connections = connections
        self._sessions: dict[str, Session] = {}
        self._spilled: dict[str, tuple[tuple[Column, ...], Spilled]] = {}
        self._repeats: WeakKeyDictionary[Session, Repeats] = WeakKeyDictionary()

    def app(self) -> Starlette:
        routes = [
            Route("/health", self._health),
            Route("/session/v1/login-request", self._login, methods=["POST"]),
            Route("/session/heartbeat", self._heartbeat, methods=["POST"]),
            Route("/session/token-request", self._renew, methods=["POST"]),
            Route("/session", self._end, methods=["POST"]),
            Route("/queries/v1/query-request", self._query, methods=["POST"]),
            Route("/queries/v1/abort-request", self._abort, methods=["POST"]),
            Route("/results/{session}/{chunk}", self._chunk),
            Route("/telemetry/send", self._ignore, methods=["POST"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(self._sweep())
        try:
            yield
        finally:
            sweeper.cancel()
            for session in list(self._sessions.values()):
                session.interrupt()
            await run_in_threadpool(self._close)

    def _close(self) -> None:
        for session in self._sessions.values():
            session.close()
        self._account.close()

    async def _sweep(self) -> None:
        """Undo the transactions and end the sessions of clients that went away without a word."""
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            connected = self._connections()
            for token, session in list(self._sessions.items()):
                idle = time.monotonic() - session.last_used
                if session.client in connected or idle < DETACHED_SECONDS:
                    continue
                if session.in_transaction and await run_in_threadpool(session.abandon):
                    _log.warning("rolled back a transaction whose client is gone")
                if idle > IDLE_SECONDS:
                    del self._sessions[token]
                    await self._close_session(session)

    # -- routes ------------------------------------------------------------

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _ignore(self, _: Request) -> Response:
        return JSONResponse({"success": True})

    async def _login(self, request: Request) -> Response:
        data = (await _body(request)).get("data", {})
        query = request.query_params

        def open_session() -> Session:
            session = Session(
                self._account,
                user=str(data.get("LOGIN_NAME") or ""),
                database=query.get("databaseName"),
                schema=query.get("schemaName"),
                warehouse=query.get("warehouse"),
                parameters={k: str(v) for k, v in (data.get("SESSION_PARAMETERS") or {}).items()},
            )
            try:
                users.log_in(session, query.get("roleName"))
            except SnowflakeError:
                session.close()
                raise
            return session

        try:
            session = await run_in_threadpool(open_session)
        except SnowflakeError as error:
            return _failure(error)
        token = secrets.token_urlsafe(32)
        self._sessions[token] = session
        return _success(
            {
                "token": token,
                "masterToken": token,
                "validityInSeconds": int(IDLE_SECONDS),
                "masterValidityInSeconds": int(IDLE_SECONDS),
                "displayUserName": session.user,
                "serverVersion": "9.0.0",
                "sessionId": uuid.uuid4().int >> 80,
                "parameters": [
                    {"name": "AUTOCOMMIT", "value": session.autocommit},
                    {"name": "TIMEZONE", "value": "Etc/UTC"},
                    {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 10**9},
                ],
                "sessionInfo": _context(session),
            }
        )

    async def _heartbeat(self, request: Request) -> Response:
        return _gone() if self._session(request) is None else _success(None)

    async def _renew(self, request: Request) -> Response:
        if self._session(request) is None:
            return _gone()
        token = _token(request)
        return _success(
            {"sessionToken": token, "masterToken": token, "validityInSecondsST": int(IDLE_SECONDS)}
        )

    async def _end(self, request: Request) -> Response:
        session = self._sessions.pop(_token(request), None)
        if session is not None and request.query_params.get("delete"):
            await self._close_session(session)
        return _success(None)

    async def _abort(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return _gone()
        session.interrupt()
        return _success(None)

    async def _query(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return _gone()
        body = await _body(request)
        repeats = self._repeats.setdefault(session, Repeats())
        request_id = request.query_params.get("requestId", "")
        return await repeats.answer(request_id, lambda: self._answered(session, body, str(request.base_url)))

    def _answered(self, session: Session, body: dict[str, Any], base_url: str) -> Response:
        try:
            return self._answer(session, body, base_url)
        except SnowflakeError as error:
            return _failure(error)
        except Exception as error:
            _log.exception("statement failed inside the sandbox warehouse")
            return _failure(internal(f"{type(error).__name__}: {error}"))

    async def _chunk(self, request: Request) -> Response:
        """Later rows of a large result; the path is a secret that only the session's client was told."""
        spilled = self._spilled.get(request.url.path)
        if spilled is None:
            return Response(status_code=404)
        columns, part = spilled
        body = await run_in_threadpool(lambda: wire.arrow_stream(columns, part.table()))
        return Response(body, media_type="application/octet-stream")

    def _answer(self, session: Session, body: dict[str, Any], base_url: str) -> Response:
        sql = str(body.get("sqlText", ""))
        if body.get("describeOnly"):
            result = describe_only(session, sql)
        else:
            result = execute(session, sql, wire.bindings(body.get("bindings")))
        session.seen(session.client)
        query_id = session.last_query_id or str(uuid.uuid4())
        if result.upload is not None:
            return _success({**result.upload, "queryId": query_id})

        def chunk_url(part: Spilled) -> str:
            path = f"results/{session.spill.name}/{part.file.stem}"
            self._spilled[f"/{path}"] = (result.columns, part)
            return f"{base_url}{path}"

        wanted = str(body.get("queryResultFormat") or "arrow").lower()
        return _success(
            {
                "parameters": [{"name": "TIMEZONE", "value": "Etc/UTC"}],
                "rowtype": wire.rowtype(result.columns),
                "total": result.row_count,
                "returned": result.row_count,
                "queryId": query_id,
                "sqlState": None,
                "statementTypeId": result.statement_type,
                "finalDatabaseName": session.database,
                "finalSchemaName": session.schema,
                "finalRoleName": session.role,
                "finalWarehouseName": session.warehouse,
                **wire.rowset(result, wanted, chunk_url),
            }
        )

    async def _close_session(self, session: Session) -> None:
        prefix = f"/results/{session.spill.name}/"
        for path in [path for path in self._spilled if path.startswith(prefix)]:
            del self._spilled[path]
        await run_in_threadpool(session.close)

    def _session(self, request: Request) -> Session | None:
        session = self._sessions.get(_token(request))
        if session is not None:
            session.seen(request.client)
        return session


def _context(session: Session) -> dict[str, Any]:
    return {
        "databaseName": session.database,
        "schemaName": session.schema,
        "roleName": session.role,
        "warehouseName": session.warehouse,
    }


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    if request.headers.get("Content-Encoding") == "gzip":
        raw = gzip.decompress(raw)
    return dict(json.loads(raw or b"{}"))


def _token(request: Request) -> str:
    """From `Authorization: Snowflake Token="..."`."""
    return request.headers.get("Authorization", "").partition('"')[2].rstrip('"')


def _success(data: Any) -> Response:
    return JSONResponse({"data": data, "code": None, "message": None, "success": True})


def _failure(error: SnowflakeError) -> Response:
    code = f"{error.errno:06d}"
    data = {"errorCode": code, "sqlState": error.sqlstate}
    return JSONResponse({"data": data, "code": code, "message": error.message, "success": False})


def _gone() -> Response:
    """The session ended or the server was restarted; the client must log in again."""
    message = "Session no longer exists. New login required to access the service."
    return JSONResponse({"data": None, "code": "390111", "message": message, "success": False})
