"""Block Kit, as far as our messages need it, and the way they write moments and durations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

HEADER_LIMIT = 150  # https://docs.slack.dev/reference/block-kit/blocks/header-block
SECTION_LIMIT = 3000  # https://docs.slack.dev/reference/block-kit/blocks/section-block

Block = dict[str, Any]


def header(text: str) -> Block:
    """A headline: plain text."""
    return {"type": "header", "text": {"type": "plain_text", "text": text[:HEADER_LIMIT], "emoji": True}}


def section(title: str, mrkdwn: str) -> Block:
    """A titled paragraph."""
    text = f"*{title}*\n{mrkdwn}"
    return {"type": "section", "text": {"type": "mrkdwn", "text": text[:SECTION_LIMIT]}}


def small_print(*parts: str) -> Block:
    """One grey line of facts and links."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": "  ·  ".join(parts)}]}


def escape(text: str) -> str:
    """``text`` as mrkdwn shows it literally."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain(mrkdwn: str) -> str:
    """mrkdwn without its emphasis, for notifications and screen readers."""
    return mrkdwn.replace("*", "").replace("`", "")


def moment(at: datetime, timezone: str) -> str:
    """``04:30 on Thu 19 Nov (Toronto time)``."""
    zone = ZoneInfo(timezone)
    return f"{at.astimezone(zone):%H:%M on %a %-d %b} ({zone.key.rpartition('/')[2]} time)"


def clock(at: datetime, timezone: str) -> str:
    """``04:30``."""
    return f"{at.astimezone(ZoneInfo(timezone)):%H:%M}"


def duration(passed: timedelta) -> str:
    """``1 h 05 min``, ``12 min``, ``under a minute``."""
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "under a minute"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min"
