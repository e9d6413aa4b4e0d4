"""Builds the dataclasses of a room's wall from a contract's keys and values, or says which line is wrong."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion

F = TypeVar("F")


def build(document: Document, at: Keys, facts: dict[str, Any], kind: type[F]) -> F:
    """An instance of dataclass `kind` from its fields; those with a default may be left out.

    A constant `type` is set by the class and is no key here.
    """
    settable = [field for field in fields(kind) if field.name != "type"]  # type: ignore[arg-type]
    only(
        document,
        at,
        facts,
        {field.name for field in settable},
        {field.name for field in settable if field.default is not MISSING},
    )
    types = get_type_hints(kind)
    for name, value in facts.items():
        _typed(document, (*at, name), value, types[name])
    return kind(**facts)


def variant(document: Document, at: Keys, facts: Any, kinds: Mapping[str, type[F]], what: str) -> F:
    """An instance of the one of `kinds` that the key `type` names."""
    facts = mapping(document, at, facts, {"type"})
    style = facts.pop("type")
    if style not in kinds:
        raise document.error((*at, "type"), f"unknown {what} {style!r}", suggestion(style, kinds))
    return build(document, at, facts, kinds[style])


def mapping(document: Document, at: Keys, facts: Any, needed: set[str] | None = None) -> dict[str, Any]:
    """The facts as a dictionary of their own, with the needed keys in it."""
    if not isinstance(facts, dict):
        raise document.error(
            at, f"{at[-1]} is {facts!r}, not keys and values", "write it as in the other contracts"
        )
    for name in sorted(needed or ()):
        if name not in facts:
            raise document.error(at, f"{name!r} is missing", f"add `{name}: ...`")
    return dict(facts)


def only(
    document: Document,
    at: Keys,
    facts: dict[str, Any],
    names: set[str],
    optional: set[str] | None = None,
) -> None:
    """The facts have these names and no other."""
    for name in facts:
        if name not in names:
            raise document.error((*at, name), f"unknown key {name!r}", suggestion(name, names))
    for name in sorted(names - facts.keys() - (optional or set())):
        raise document.error(at, f"{name!r} is missing", f"add `{name}: ...`")


def placeholder(document: Document, at: Keys, template: str, name: str) -> None:
    """The template must hold the one placeholder and no other: a literal brace would fail at night."""
    try:
        found = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    except ValueError:
        found = set()
    if found != {name}:
        reason = f"{template!r} does not hold {{{name}}} and nothing else in braces"
        raise document.error(at, reason, f"write {{{name}}} where the {name} goes")


def _typed(document: Document, at: Keys, value: Any, wanted: Any) -> None:
    if get_origin(wanted) is Literal:
        if value not in get_args(wanted):
            raise document.error(at, f"unknown {at[-1]} {value!r}", suggestion(value, get_args(wanted)))
        return
    if wanted not in (str, int):
        return  # built already
    if not isinstance(value, wanted) or isinstance(value, bool) or value == "":
        named = {str: "text", int: "a whole number"}[wanted]
        raise document.error(at, f"{at[-1]} is {value!r}", f"give {named}")
