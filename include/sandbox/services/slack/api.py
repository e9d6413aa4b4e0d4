"""Slack's doors: incoming webhooks and the few Web API methods that an alerting bot calls.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
https://docs.slack.dev/reference/methods/chat.postMessage, .../chat.update, .../auth.test
"""

import hmac
import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from include.sandbox.services.rate_limit import TokenBucket
from include.sandbox.services.slack import blocks
from include.sandbox.services.slack.messages import CONTENT, Channel, Messages

BOT = {"user_id": "U0SANDBOX", "bot_id": "B0SANDBOX", "team_id": "T0SANDBOX"}
WEBHOOK_CHANNEL = "incoming-webhook"  # the real one fixes a channel per URL; here the payload may name it
Payload = dict[str, Any]


class _RefusedError(Exception):
    """Slack says no: its error code, and details where it gives some."""

    def __init__(self, code: str, details: list[str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.details = details or []


def error(status: int, retry_after: int | None = None) -> Response:
    """Slack's body for a request that was not even looked at."""
    code = "ratelimited" if status == 429 else "internal_error"
    headers = {"Retry-After": str(retry_after)} if retry_after else None
    return JSONResponse({"ok": False, "error": code}, status, headers)


class SlackApi:
    """`/api/<method>` and `/services/<T>/<B>/<X>`."""

    def __init__(self, messages: Messages, token: str, bucket: TokenBucket) -> None:
        self._messages = messages
        self._token = token.encode()
        self._bucket = bucket
        self._methods = {
            "api.test": self._api_test,
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
        }

    def api_routes(self) -> list[Route]:
        return [Route("/{method}", self.call, methods=["POST", "GET"])]

    def webhook_routes(self) -> list[Route]:
        return [Route("/{team}/{app}/{secret}", self.webhook, methods=["POST"])]

    async def call(self, request: Request) -> Response:
        """A Web API method. Refusals are 200 with `ok: false`, as Slack's are."""
        try:
            payload = await _payload(request)
            self._authorise(request, payload)
            if wait := self._bucket.take():
                return error(429, retry_after=wait)
            method = self._methods.get(request.path_params["method"])
            if method is None:
                raise _RefusedError("unknown_method")
            return JSONResponse({"ok": True, **await method(payload)})
        except _RefusedError as refused:
            body: Payload = {"ok": False, "error": refused.code}
            if refused.details:
                body["response_metadata"] = {"messages": [f"[ERROR] {detail}" for detail in refused.details]}
            return JSONResponse(body)

    async def webhook(self, request: Request) -> Response:
        """An incoming webhook: 'ok', or 400 with the reason as text. Any path of the right form is known."""
        if wait := self._bucket.take():
            return error(429, retry_after=wait)
        try:
            payload = await _payload(request)
            if "payload" in payload:
                payload = _decoded(payload["payload"])
            if not isinstance(payload, dict):
                raise _RefusedError("invalid_payload")
            content = _content(payload)
            channel = await self._messages.channel(payload.get("channel") or WEBHOOK_CHANNEL)
            if channel is None:
                return PlainTextResponse("channel_not_found", 404)
            await self._messages.post(channel, "webhook", content)
        except _RefusedError as refused:
            is_json = refused.code in ("invalid_json", "json_not_object")
            return PlainTextResponse("invalid_payload" if is_json else refused.code, 400)
        return PlainTextResponse("ok")

    def _authorise(self, request: Request, payload: Payload) -> None:
        scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
        token = shown if scheme.lower() == "bearer" else str(payload.get("token") or "")
        if not token:
            raise _RefusedError("not_authed")
        if not hmac.compare_digest(token.encode(), self._token):
            raise _RefusedError("invalid_auth")

    async def _api_test(self, payload: Payload) -> Payload:
        return {"args": {name: value for name, value in payload.items() if name != "token"}}

    async def _auth_test(self, _: Payload) -> Payload:
        return {"url": "https://sandbox.slack.com/", "team": "Sandbox", "user": "governed-analytics", **BOT}

    async def _post_message(self, payload: Payload) -> Payload:
        content = _content(payload)
        channel = await self._channel(payload)
        # A repeated client_msg_id is answered with the first message: a client that retries says it once.
        once = content.get("client_msg_id")
        ts = await self._messages.posted(channel, str(once)) if once else None
        if ts is None:
            ts = await self._messages.post(channel, "web_api", content)
        return {"channel": channel.id, "ts": ts, "message": _message(content, ts)}

    async def _update(self, payload: Payload) -> Payload:
        content, ts = _content(payload), str(payload.get("ts") or "")
        channel = await self._channel(payload)
        if not await self._messages.update(channel, ts, content):
            raise _RefusedError("message_not_found")
        text = content.get("text", "")
        return {"channel": channel.id, "ts": ts, "text": text, "message": _message(content, ts)}

    async def _channel(self, payload: Payload) -> Channel:
        channel = await self._messages.channel(str(payload.get("channel") or ""))
        if channel is None:
            raise _RefusedError("channel_not_found")
        return channel


def _message(content: Payload, ts: str) -> Payload:
    bot = {"user": BOT["user_id"], "bot_id": BOT["bot_id"], "team": BOT["team_id"]}
    return {"type": "message", "subtype": "bot_message", **bot, "text": "", **content, "ts": ts}


async def _payload(request: Request) -> Any:
    """The arguments, from JSON, a form or the query; values of a form that hold JSON stay text here."""
    body = await request.body()
    if request.headers.get("Content-Type", "").startswith("application/json"):
        payload = _decoded(body or b"{}")  # slack_sdk sends auth.test as JSON without a body
        if not isinstance(payload, dict):
            raise _RefusedError("json_not_object")
        return payload
    return {**request.query_params, **dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))}


def _decoded(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise _RefusedError("invalid_json") from None


def _content(payload: Payload) -> Payload:
    """What the message says, in Slack's own types; refused where Slack would refuse it."""
    content = {name: payload[name] for name in CONTENT if payload.get(name) not in (None, "", [])}
    for name in ("blocks", "attachments", "metadata"):
        if isinstance(content.get(name), str):
            content[name] = _decoded(content[name])
    if not content.keys() & {"text", "blocks", "attachments"}:
        raise _RefusedError("no_text")
    if len(content.get("text", "")) > blocks.MOST_TEXT:
        raise _RefusedError("msg_too_long")
    if "blocks" in content and (found := blocks.problems(content["blocks"])):
        raise _RefusedError("invalid_blocks", found)
    attachments = content.get("attachments", [])
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise _RefusedError("invalid_attachments")
    for attachment in attachments:
        if found := blocks.problems(attachment.get("blocks", [])):
            raise _RefusedError("invalid_attachments", found)
    return content
