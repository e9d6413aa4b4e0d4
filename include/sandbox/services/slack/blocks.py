"""The limits of Block Kit that a message must keep, so that what is accepted here is accepted by Slack.

https://docs.slack.dev/reference/block-kit/blocks, https://docs.slack.dev/reference/methods/chat.postMessage
"""

from collections.abc import Iterator
from typing import Any

MOST_BLOCKS = 50
MOST_TEXT = 40_000
KNOWN = {"actions", "context", "divider", "header", "image", "rich_text", "section"}


def problems(blocks: Any) -> list[str]:
    """What Slack would refuse about these blocks, each with the place; empty where nothing."""
    if not isinstance(blocks, list):
        return ["blocks is not a list"]
    found = [f"more than {MOST_BLOCKS} blocks"] if len(blocks) > MOST_BLOCKS else []
    for number, block in enumerate(blocks):
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in KNOWN:
            found.append(f"/blocks/{number}/type: unsupported type {kind!r}")
            continue
        found += [f"/blocks/{number}{where}" for where in _block_problems(block)]
    return found


def _block_problems(block: dict[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield from _text_problems("/text", block.get("text"), 150, ("plain_text",))
        case "section":
            yield from _section_problems(block)
        case "context":
            yield from _context_problems(block.get("elements", []))
        case "actions":
            yield from _actions_problems(block.get("elements", []))
        case "image":
            if not block.get("image_url") or not block.get("alt_text"):
                yield ": an image needs image_url and alt_text"


def _section_problems(block: dict[str, Any]) -> Iterator[str]:
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        yield ": a section needs text or fields"
    if "text" in block:
        yield from _text_problems("/text", block["text"], 3000)
    if len(fields) > 10:
        yield "/fields: more than 10"
    for number, field in enumerate(fields):
        yield from _text_problems(f"/fields/{number}", field, 2000)


def _context_problems(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 10:
        yield "/elements: must be 1 to 10"
    for number, element in enumerate(elements):
        if element.get("type") != "image":
            yield from _text_problems(f"/elements/{number}", element, 3000)


def _actions_problems(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 25:
        yield "/elements: must be 1 to 25"
    for number, element in enumerate(elements):
        if element.get("type") == "button":
            yield from _text_problems(f"/elements/{number}/text", element.get("text"), 75, ("plain_text",))
        if len(element.get("url", "")) > 3000:
            yield f"/elements/{number}/url: longer than 3000 characters"


def _text_problems(
    where: str, text: Any, longest: int, kinds: tuple[str, ...] = ("plain_text", "mrkdwn")
) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield f"{where}: must be an object of type {' or '.join(kinds)}"
    elif not isinstance(text.get("text"), str) or not text["text"]:
        yield f"{where}/text: must not be empty"
    elif len(text["text"]) > longest:
        yield f"{where}/text: longer than {longest} characters"
