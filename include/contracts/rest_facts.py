"""Turns the ``read`` properties of an HTTP API into the dataclasses of ``rest_reading``."""

from __future__ import annotations

from typing import Any

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.facts import build, mapping, only, placeholder, variant
from include.contracts.rest_reading import (
    Auth,
    BasicAuth,
    CursorPaginator,
    ExportPaginator,
    HeaderAuth,
    LinkPaginator,
    OAuthAuth,
    OffsetPaginator,
    OpenAuth,
    PagePaginator,
    Paginator,
    RestRead,
    RestTableRead,
    SignedAuth,
    SinglePaginator,
)

AUTHS: dict[str, type[Auth]] = {
    kind.type: kind for kind in (HeaderAuth, BasicAuth, SignedAuth, OAuthAuth, OpenAuth)
}
PAGINATORS: dict[str, type[Paginator]] = {
    kind.type: kind
    for kind in (
        LinkPaginator,
        CursorPaginator,
        OffsetPaginator,
        PagePaginator,
        ExportPaginator,
        SinglePaginator,
    )
}


def rest_read(document: Document, at: Keys, facts: dict[str, Any]) -> RestRead:
    """How an API is read, from its ``read`` property at ``at``."""
    only(document, at, facts, {"auth", "paginator"})
    auth = auth_of(document, (*at, "auth"), facts["auth"])
    return RestRead(auth, _paginator(document, (*at, "paginator"), facts["paginator"]))


def auth_of(document: Document, at: Keys, facts: Any) -> Auth:
    """Who we are to an API, from what stands at ``at``."""
    auth = variant(document, at, facts, AUTHS, "auth")
    if isinstance(auth, HeaderAuth):
        placeholder(document, (*at, "format"), auth.format, "secret")
    if isinstance(auth, OAuthAuth):
        below_base(document, (*at, "token_path"), auth.token_path)
    return auth


def rest_table_read(
    document: Document, at: Keys, facts: Any, source: RestRead, columns: tuple[str, ...]
) -> RestTableRead:
    """How one resource with these columns is read, from its ``read`` property at ``at``."""
    facts = mapping(document, at, facts)
    if "paginator" in facts:
        facts["paginator"] = _paginator(document, (*at, "paginator"), facts["paginator"])
    rest = build(document, at, facts, RestTableRead)
    for name in ("cursor", "series"):
        column = getattr(rest, name)
        if column and column not in columns:
            reason = f"{name} column {column!r} is not a column of the table"
            raise document.error((*at, name), reason, suggestion(column, columns))
    below_base(document, (*at, "path"), rest.path)
    if isinstance(rest.paginator or source.paginator, SinglePaginator):
        if "page_size" in facts:
            reason = "page_size is given where one answer holds all"
            raise document.error((*at, "page_size"), reason, "remove it, or name another paginator")
    elif "page_size" not in facts:
        raise document.error(at, "'page_size' is missing", "add `page_size: ...`")
    elif rest.page_size < 1:
        raise document.error(
            (*at, "page_size"), f"page_size is {rest.page_size}", "ask for at least one record"
        )
    if rest.lookback_days < 0:
        raise document.error(
            (*at, "lookback_days"), f"lookback_days is {rest.lookback_days}", "give 0 or more days"
        )
    return rest


def _paginator(document: Document, at: Keys, facts: Any) -> Paginator:
    return variant(document, at, facts, PAGINATORS, "paginator")


def below_base(document: Document, at: Keys, path: str) -> None:
    """A path is written as it stands below the base URL."""
    if not path.startswith("/"):
        raise document.error(at, f"path {path!r} does not start with /", "write it as below the base URL")
