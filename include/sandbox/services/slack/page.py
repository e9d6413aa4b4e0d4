"""The page on which a person reads the messages, and the same as JSON for tests and summaries."""

import datetime as dt
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from include.sandbox.services.slack.messages import Channel, Message, Messages, Version
from include.sandbox.services.slack.mrkdwn import TORONTO, mrkdwn, plain, safe_url

MOST_SHOWN = 200
MOST_LISTED = 1000
# The page runs no script and loads nothing; a message cannot make it.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Page:
    """`GET /` and `GET /messages`."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        environment = Environment(
            loader=FileSystemLoader(Path(__file__).parent),
            autoescape=select_autoescape(default=True),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {"mrkdwn": mrkdwn, "plain": plain, "safe_url": safe_url, "clock": _clock}
        self._template = environment.get_template("page.html")

    def routes(self) -> list[Route]:
        return [Route("/", self.show, methods=["GET"]), Route("/messages", self.listed, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """One channel as a page; without `channel`, the one with the newest message."""
        channels = await self._messages.channels()
        asked = request.query_params.get("channel")
        newest = await self._messages.newest(None, 1)
        channel = _find(channels, asked) if asked else newest[0].channel if newest else None
        messages = await self._messages.newest(channel, MOST_SHOWN) if channel else []
        total = dict(channels).get(channel, 0) if channel else 0
        body = self._template.render(
            channels=channels,
            channel=channel,
            asked=asked,
            days=_by_day(messages),
            hidden=total - len(messages),
        )
        return HTMLResponse(body, 404 if asked and channel is None else 200, HEADERS)

    async def listed(self, request: Request) -> Response:
        """`?channel=` (id, name or #name) and `?limit=`; newest first, with all versions."""
        asked = request.query_params.get("channel")
        channel = _find(await self._messages.channels(), asked) if asked else None
        if asked and channel is None:
            return JSONResponse([])
        limit = request.query_params.get("limit", str(MOST_SHOWN))
        if not limit.isdecimal() or not 1 <= int(limit) <= MOST_LISTED:
            return JSONResponse({"error": f"limit must be between 1 and {MOST_LISTED}"}, 400)
        return JSONResponse([_document(one) for one in await self._messages.newest(channel, int(limit))])


def _find(channels: list[tuple[Channel, int]], asked: str) -> Channel | None:
    wanted = asked.removeprefix("#")
    return next((channel for channel, _ in channels if wanted in (channel.id, channel.name)), None)


def _document(message: Message) -> dict[str, Any]:
    def said(version: Version) -> dict[str, Any]:
        empty: dict[str, Any] = {"text": "", "blocks": [], "attachments": []}
        return {"at": version.at.isoformat(), **empty, **version.payload}

    return {
        "channel": f"#{message.channel.name}",
        "channel_id": message.channel.id,
        "ts": message.ts,
        "source": message.source,
        "posted_at": message.posted_at.isoformat(),
        **{name: value for name, value in said(message.current).items() if name != "at"},
        "versions": [said(version) for version in (*message.earlier, message.current)],
    }


def _by_day(messages: list[Message]) -> list[tuple[str, list[tuple[Message, list[Message]]]]]:
    """Days, oldest first, each with its messages and their replies in the order in which they were posted."""
    in_order = messages[::-1]
    known = {message.ts for message in in_order}
    replies: dict[str, list[Message]] = {}
    for message in in_order:
        if message.thread_ts in known and message.thread_ts != message.ts:
            replies.setdefault(str(message.thread_ts), []).append(message)
    nested = {reply.ts for thread in replies.values() for reply in thread}
    top = [(message, replies.get(message.ts, [])) for message in in_order if message.ts not in nested]
    return [
        (f"{day:%A, %-d %B %Y}", list(group))
        for day, group in groupby(top, key=lambda one: one[0].posted_at.astimezone(TORONTO).date())
    ]


def _clock(moment: dt.datetime) -> str:
    return f"{moment.astimezone(TORONTO):%H:%M}"
