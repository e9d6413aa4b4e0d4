"""All SaaS services and Slack in one Starlette application."""

import contextlib
import mimetypes
from collections.abc import AsyncIterator

import psycopg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.staticfiles import StaticFiles

from include.sandbox.services.documents import DDL as DOCUMENTS_DDL
from include.sandbox.services.faults import ErrorResponse, FaultBoard, Faulty
from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.settings import LIMITS, Settings
from include.sandbox.services.slack import api
from include.sandbox.services.slack.api import SlackApi
from include.sandbox.services.slack.messages import DDL as MESSAGES_DDL
from include.sandbox.services.slack.messages import Messages
from include.sandbox.services.slack.page import Page
from include.sandbox.services.store import Store
from include.sandbox.services.vendors import VENDORS

mimetypes.add_type("text/plain", ".md")  # a browser shows it instead of offering a download

DDL_LOCK = 4_711_001  # two services starting on one database make its tables one after the other


def build(settings: Settings) -> Starlette:
    """A path per vendor, `/slack`, `/_faults`, `/health` and the folders. Makes its tables on start-up."""
    store = Store(settings.dsn)
    board = FaultBoard(tuple(LIMITS))
    buckets = {name: TokenBucket(settings.limits[name]) for name in LIMITS}
    messages = Messages(store)
    slack = SlackApi(messages, settings.secrets["slack"], buckets["slack"])

    def behind(path: str, routes: list[Route], service: str, error: ErrorResponse) -> BaseRoute:
        return Mount(path, app=Faulty(Router(routes), board, service, error))

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await store.run_script(DOCUMENTS_DDL + MESSAGES_DDL, DDL_LOCK)
        yield
        await store.close()

    async def health(_: Request) -> Response:
        try:
            await store.read("select 1")
        except psycopg.Error as error:
            return JSONResponse({"status": "database unreachable", "reason": type(error).__name__}, 503)
        return JSONResponse({"status": "ok"})

    vendor_routes = [
        *(
            behind(
                f"/{name}",
                vendor.service(store, settings.secrets[name], buckets[name]).routes(),
                name,
                vendor.error,
            )
            for name, vendor in VENDORS.items()
        ),
        behind("/slack/api", slack.api_routes(), "slack", api.error),
        behind("/slack/services", slack.webhook_routes(), "slack", api.error),
    ]
    own_routes: list[BaseRoute] = [
        Mount("/slack", routes=Page(messages).routes()),
        *board.routes(),
        Route("/health", health, methods=["GET"]),
        *(
            Mount(f"/{name}", StaticFiles(directory=folder, html=True, follow_symlink=True))
            for name, folder in settings.folders.items()
        ),
    ]
    return Starlette(routes=[*vendor_routes, *own_routes], lifespan=lifespan)
