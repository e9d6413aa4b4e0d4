"""Turns a contract's ``read`` properties into the dataclasses of ``reading``, or says which line is wrong."""

from __future__ import annotations

import codecs
import string
from dataclasses import MISSING, fields
from typing import Any, TypeVar, get_type_hints

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.reading import (
    CdcRead,
    CdcTableRead,
    CursorPaginator,
    DropRead,
    DropTableRead,
    HeaderAuth,
    Kind,
    LinkPaginator,
    Read,
    RestRead,
    RestTableRead,
    TableRead,
)

KINDS: tuple[Kind, ...] = ("cdc", "rest", "drop")
PAGINATORS = {"link": LinkPaginator, "cursor": CursorPaginator}

F = TypeVar("F")


def source_read(document: Document, at: Keys, facts: Any) -> tuple[Kind, Read]:
    """The kind of a source and how it is read, from its ``read`` property at ``at``."""
    facts = _mapping(document, at, facts, {"kind"})
    kind = facts.pop("kind")
    match kind:
        case "cdc":
            return "cdc", _build(document, at, facts, CdcRead)
        case "rest":
            return "rest", _rest_read(document, at, facts)
        case "drop":
            return "drop", _drop_read(document, at, facts)
    reason = f"unknown kind of reading {kind!r}"
    raise document.error((*at, "kind"), reason, suggestion(kind, KINDS))


def table_read(document: Document, at: Keys, facts: Any, kind: Kind, columns: tuple[str, ...]) -> TableRead:
    """How one table with these columns is read, from its ``read`` property at ``at``; None: it gives none."""
    if kind == "drop":
        if facts is not None:
            raise document.error(
                at, "a dropped file has nothing to say about reading its table", "remove this `read`"
            )
        return DropTableRead()
    if facts is None:
        need = ", ".join(field.name for field in fields(CdcTableRead if kind == "cdc" else RestTableRead))
        raise document.error(
            at, "says nothing about how the table is read", f"add a custom property `read` with {need}"
        )
    facts = _mapping(document, at, facts)
    if kind == "cdc":
        return _build(document, at, facts, CdcTableRead)
    rest = _build(document, at, facts, RestTableRead)
    if rest.cursor not in columns:
        reason = f"cursor column {rest.cursor!r} is not a column of the table"
        raise document.error((*at, "cursor"), reason, suggestion(rest.cursor, columns))
    if not rest.path.startswith("/"):
        raise document.error(
            (*at, "path"), f"path {rest.path!r} does not start with /", "write it as below the base URL"
        )
    if rest.page_size < 1:
        raise document.error(
            (*at, "page_size"), f"page_size is {rest.page_size}", "ask for at least one record"
        )
    return rest


def _rest_read(document: Document, at: Keys, facts: dict[str, Any]) -> RestRead:
    _only(document, at, facts, {"auth", "paginator"})
    auth_at, paginator_at = (*at, "auth"), (*at, "paginator")
    auth = _build(document, auth_at, _mapping(document, auth_at, facts["auth"]), HeaderAuth)
    _placeholder(document, (*auth_at, "format"), auth.format, "secret")
    paginator = _mapping(document, paginator_at, facts["paginator"], {"type"})
    style = paginator.pop("type")
    if style not in PAGINATORS:
        reason = f"unknown paginator {style!r}"
        raise document.error((*paginator_at, "type"), reason, suggestion(style, PAGINATORS))
    return RestRead(auth=auth, paginator=_build(document, paginator_at, paginator, PAGINATORS[style]))


def _drop_read(document: Document, at: Keys, facts: dict[str, Any]) -> DropRead:
    drop = _build(document, at, facts, DropRead)
    _placeholder(document, (*at, "file"), drop.file, "partition")
    _placeholder(document, (*at, "manifest"), drop.manifest, "file")
    if len(drop.delimiter) != 1:
        raise document.error(
            (*at, "delimiter"), f"delimiter {drop.delimiter!r} is not one character", "give one character"
        )
    try:
        codecs.lookup(drop.encoding)
    except LookupError:
        reason = f"unknown encoding {drop.encoding!r}"
        raise document.error(
            (*at, "encoding"), reason, "use the name of a Python codec, such as utf-8-sig"
        ) from None
    return drop


def _build(document: Document, at: Keys, facts: dict[str, Any], kind: type[F]) -> F:
    """An instance of dataclass ``kind`` from exactly its fields (a paginator's constant ``type`` is set)."""
    names = {field.name for field in fields(kind) if field.default is MISSING}  # type: ignore[arg-type]
    _only(document, at, facts, names)
    types = get_type_hints(kind)
    for name, value in facts.items():
        if not isinstance(value, types[name]) or value == "":
            wanted = {"str": "text", "int": "a whole number"}[types[name].__name__]
            raise document.error((*at, name), f"{name} is {value!r}", f"give {wanted}")
    return kind(**facts)


def _mapping(document: Document, at: Keys, facts: Any, needed: set[str] | None = None) -> dict[str, Any]:
    if not isinstance(facts, dict):
        raise document.error(
            at, f"{at[-1]} is {facts!r}, not keys and values", "write it as in the other contracts"
        )
    for name in sorted(needed or ()):
        if name not in facts:
            raise document.error(at, f"{name!r} is missing", f"add `{name}: ...`")
    return dict(facts)


def _only(document: Document, at: Keys, facts: dict[str, Any], names: set[str]) -> None:
    for name in facts:
        if name not in names:
            raise document.error((*at, name), f"unknown key {name!r}", suggestion(name, names))
    for name in sorted(names - facts.keys()):
        raise document.error(at, f"{name!r} is missing", f"add `{name}: ...`")


def _placeholder(document: Document, at: Keys, template: str, name: str) -> None:
    """The template must hold the one placeholder and no other: a literal brace would fail at night."""
    try:
        found = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
    except ValueError:
        found = set()
    if found != {name}:
        reason = f"{template!r} does not hold {{{name}}} and nothing else in braces"
        raise document.error(at, reason, f"write {{{name}}} where the {name} goes")
