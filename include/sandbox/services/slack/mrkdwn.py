"""Slack's mrkdwn as safe HTML.

Everything is escaped first; only the marks below become tags, and only http, https and mailto become links.
https://docs.slack.dev/messaging/formatting-message-text
"""

import datetime as dt
import html
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from markupsafe import Markup

TORONTO = ZoneInfo("America/Toronto")
EMOJI = {
    "alarm_clock": "⏰",
    "arrow_down": "⬇️",
    "arrow_up": "⬆️",
    "bar_chart": "📊",
    "bell": "🔔",
    "calendar": "📅",
    "chart_with_downwards_trend": "📉",
    "chart_with_upwards_trend": "📈",
    "eyes": "👀",
    "fire": "🔥",
    "hourglass": "⌛",
    "hourglass_flowing_sand": "⏳",
    "information_source": "ℹ️",  # noqa: RUF001 -- the emoji itself
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "link": "🔗",
    "mag": "🔍",
    "no_entry": "⛔",
    "pager": "📟",
    "red_circle": "🔴",
    "rotating_light": "🚨",
    "tada": "🎉",
    "warning": "⚠️",
    "wave": "👋",
    "white_check_mark": "✅",
    "wrench": "🔧",
    "x": "❌",
}
_PRE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_BESIDE_BLOCK = re.compile(r"(</(?:pre|blockquote)>)<br>|<br>(?=<(?:pre|blockquote)>)")
_CODE = re.compile(r"`([^`\n]+)`")
_ANGLE = re.compile(r"<([^<>\n]+)>")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_QUOTE = re.compile(r"(?:^&gt; ?.*(?:\n|$))+", re.MULTILINE)
_STYLES = tuple(
    (re.compile(rf"(?<![\w{mark}]){mark}(?=\S)([^{mark}\n]+?)(?<=\S){mark}(?![\w{mark}])"), tag)
    for mark, tag in ((r"\*", "strong"), ("_", "em"), ("~", "s"))
)


def mrkdwn(text: str) -> Markup:
    """A mrkdwn text as HTML."""
    kept: list[str] = []

    def keep(markup: str) -> str:
        """Set finished HTML aside, so that no later mark is looked for inside it."""
        kept.append(markup)
        return f"\x00{len(kept) - 1}\x00"

    text = text.replace("\x00", "")
    text = _PRE.sub(lambda found: keep(f"<pre>{_escaped(found[1])}</pre>"), text)
    text = _CODE.sub(lambda found: keep(f"<code>{_escaped(found[1])}</code>"), text)
    text = _ANGLE.sub(lambda found: keep(_angle(found[1])), text)
    text = _escaped(text)
    for pattern, tag in _STYLES:
        text = pattern.sub(rf"<{tag}>\1</{tag}>", text)
    text = _QUOTE.sub(_quote(keep), text)
    text = _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), text)
    text = text.strip("\n").replace("\n", "<br>")
    while "\x00" in text:
        text = re.sub("\x00(\\d+)\x00", lambda found: kept[int(found[1])], text)
    return Markup(_BESIDE_BLOCK.sub(r"\1", text))  # noqa: S704 -- escaped above


def plain(text: str) -> Markup:
    """A plain_text object: emoji and line breaks, no marks."""
    shown = _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), _escaped(text))
    return Markup(shown.replace("\n", "<br>"))  # noqa: S704 -- escaped above


def safe_url(url: str) -> str:
    """The URL if a browser may follow it, else '#'."""
    return url if re.match(r"(?:https?://|mailto:)", url, re.IGNORECASE) else "#"


def _escaped(text: str) -> str:
    """HTML of a text in which Slack's senders have replaced &, < and > already, or have not."""
    return html.escape(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def _angle(inside: str) -> str:
    """<url|label>, <#C1|channel>, <@U1>, <!here>, <!date^...>."""
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return f"<time>{_escaped(_date(target) or label)}</time>"
    if target.startswith(("@", "#", "!")):
        name = label or target[1:].removeprefix("subteam^")
        mark = "#" if target.startswith("#") else "@"
        return f'<span class="mention">{mark}{_escaped(name.lstrip("@#"))}</span>'
    if safe_url(target) == "#":
        return _escaped(f"<{inside}>")
    href = html.escape(target.replace("&amp;", "&"), quote=True)
    return f'<a href="{href}" rel="noreferrer noopener" target="_blank">{_escaped(label or target)}</a>'


def _date(target: str) -> str | None:
    """<!date^1700000000^{date_num} {time}|fallback>; every token of the format shows the full moment once."""
    parts = target.split("^")
    if len(parts) < 3 or not parts[1].isdecimal():
        return None
    moment = dt.datetime.fromtimestamp(int(parts[1]), TORONTO)
    shown = {"date": f"{moment:%Y-%m-%d}", "time": f"{moment:%H:%M}"}
    return re.sub(r"\{(date|time)\w*\}", lambda found: shown[found[1]], parts[2])


def _quote(keep: Callable[[str], str]) -> Callable[[re.Match[str]], str]:
    def quoted(found: re.Match[str]) -> str:
        lines = [line.removeprefix("&gt;").strip() for line in found[0].strip("\n").split("\n")]
        return keep(f"<blockquote>{'<br>'.join(lines)}</blockquote>")

    return quoted
