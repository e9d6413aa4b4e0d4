"""Posts to Slack through Airflow's Slack provider; a message that was sent once stays one message.

Connection ``slack``: a bot token with ``chat:write`` (and ``chat:write.public`` for channels it was not
invited to) as password, ``base_url`` in its extra where Slack is not at slack.com.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from uuid import UUID

from airflow.providers.slack.hooks.slack import SlackHook
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import (
    BackoffRetryIntervalCalculator,
    HttpRequest,
    HttpResponse,
    RateLimitErrorRetryHandler,
    RetryHandler,
    RetryState,
)

CONNECTION = "slack"
TIMEOUT_SECONDS = 10
ATTEMPTS = 8  # with backoff from one second: about two minutes of an unreachable Slack are ridden out

_NEXT_STEP = {
    "channel_not_found": "create the channel, or correct it in the contract that names it",
    "not_in_channel": "invite the app to the channel",
    "is_archived": "name a living channel in the contract",
    "invalid_auth": "renew the token in the Airflow connection 'slack'",
    "token_revoked": "renew the token in the Airflow connection 'slack'",
    "missing_scope": "give the app the scopes chat:write and chat:write.public",
}


class SlackError(Exception):
    """Slack did not take a message. Says which channel, why, and what to do."""


@dataclass(frozen=True)
class Message:
    """What is said: Block Kit, and the plain sentence that notifications and screen readers show."""

    text: str
    blocks: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Posted:
    """Where Slack keeps a message: what ``amend`` needs to change it."""

    channel_id: str
    timestamp: str


def post(channel: str, message: Message, *, once: UUID) -> Posted:
    """Post ``message`` to ``channel`` (``#name``).

    ``once`` identifies what is being told. It goes out as Slack's ``client_msg_id``, by which Slack answers a
    repeated post with the first message instead of showing it twice. So a lost answer, a retry and a process
    that died between posting and remembering are all harmless, which no record of ours could promise.

    :raises SlackError: Slack refused, or could not be reached for two minutes.
    """
    body = {"channel": channel, "client_msg_id": str(once), "unfurl_links": False, **_content(message)}
    answer = _call("chat.postMessage", body)
    return Posted(channel_id=str(answer["channel"]), timestamp=str(answer["ts"]))


def amend(posted: Posted, message: Message) -> None:
    """Replace the content of a message.

    :raises SlackError: Slack refused, or could not be reached for two minutes.
    """
    _call("chat.update", {"channel": posted.channel_id, "ts": posted.timestamp, **_content(message)})


def _content(message: Message) -> dict[str, Any]:
    return {"text": message.text, "blocks": [dict(block) for block in message.blocks]}


def _call(method: str, body: dict[str, Any]) -> Mapping[str, Any]:
    backoff = BackoffRetryIntervalCalculator(backoff_factor=1.0)
    hook = SlackHook(
        slack_conn_id=CONNECTION,
        timeout=TIMEOUT_SECONDS,
        retry_handlers=[_Unavailable(ATTEMPTS, backoff), RateLimitErrorRetryHandler(ATTEMPTS)],
    )
    try:
        data = hook.call(method, json=body).data
    except SlackApiError as error:
        reason = str(error.response.get("error") or error.response.status_code)
        next_step = _NEXT_STEP.get(
            reason, f"look {reason!r} up at https://docs.slack.dev/reference/methods/{method}"
        )
        raise SlackError(f"Slack refused {method} to {body['channel']}: {reason}; {next_step}") from None
    except (OSError, HTTPException) as error:
        raise SlackError(
            f"Slack could not be reached for {method} to {body['channel']}: {type(error).__name__}; "
            "check the network and the connection 'slack' (base_url, proxy)"
        ) from error
    if not isinstance(data, Mapping):
        raise SlackError(f"Slack answered {method} without JSON; check base_url of the connection 'slack'")
    return data


class _Unavailable(RetryHandler):
    """Tries again after a lost connection, a timeout and any 5xx (slack_sdk's own knows only 500 and 503)."""

    def _can_retry(
        self,
        *,
        state: RetryState,  # noqa: ARG002 - slack_sdk's signature
        request: HttpRequest,  # noqa: ARG002
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is not None:
            return response.status_code >= 500
        return isinstance(error, OSError | HTTPException)
