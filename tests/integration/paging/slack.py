"""The sandbox's Slack, as these tests read it."""

from __future__ import annotations

import json
from typing import Any

import httpx

TOKEN = "xoxb-not-to-be-seen"


class Slack:
    """The services of the sandbox at ``url``."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=10)
        extra = {"base_url": f"{url}/slack/api/"}
        self.connection = json.dumps({"conn_type": "slack", "password": TOKEN, "extra": extra})

    def ready(self) -> bool:
        try:
            return self._http.get("/health").is_success
        except httpx.TransportError:
            return False

    def messages(self, channel: str | None = None) -> list[dict[str, Any]]:
        """Every message as it reads now, newest first, of one channel or of all."""
        query = {"limit": "1000"} | ({"channel": channel} if channel else {})
        found: list[dict[str, Any]] = (
            self._http.get("/slack/messages", params=query).raise_for_status().json()
        )
        return found

    def about(self, needle: str) -> list[dict[str, Any]]:
        """The messages that contain a text, a link's escapes included."""
        escaped = needle.replace(":", "%3A").replace("+", "%2B")
        found = [(message, json.dumps(message, ensure_ascii=False)) for message in self.messages()]
        return [message for message, text in found if needle in text or escaped in text]

    def stumble(self, **fault: Any) -> None:
        """Switch a fault of the sandbox's Slack on."""
        self._http.put("/_faults/slack", json=fault).raise_for_status()
