"""Small contracts to extract by, in the shape of the real ones."""

from __future__ import annotations

from dataclasses import replace

from include.contracts import (
    Column,
    CursorPaginator,
    DropRead,
    DropTableRead,
    HeaderAuth,
    LinkPaginator,
    RestRead,
    RestTableRead,
    SourceContract,
    Table,
    load_sources,
)
from include.extract.identifiers import IdentifierKey

KEY = IdentifierKey("test-1", bytes(range(32)))


def column(
    name: str, *, key: bool = False, required: bool = False, classification: str = "internal"
) -> Column:
    """A text column."""
    return Column(name, "string", "string", required or key, key, classification, name)  # type: ignore[arg-type]


PERSON = Table(
    "person",
    "A person.",
    (
        column("person_id", key=True),
        column("name", required=True),
        column("sin", classification="restricted"),
        column("score"),
        column("updated_at", required=True),
    ),
    RestTableRead("/v1/people", "people", "since", "updated_at", page_size=2, until="until"),
)
AUTH = HeaderAuth("Authorization", "Token token={secret}")


def rest(paginator: LinkPaginator | CursorPaginator | None = None, *tables: Table) -> SourceContract:
    """An API with one resource, `/v1/people`, paged by links unless told otherwise."""
    read = RestRead(AUTH, paginator or LinkPaginator(page_size="per_page"))
    return replace(load_sources()["kyc"], name="people", tables=tables or (PERSON,), read=read)


def drop(*, encoding: str = "utf-8-sig", delimiter: str = ",") -> SourceContract:
    """A folder into which `people_<day>.csv` is dropped."""
    table = replace(PERSON, read=DropTableRead())
    read = DropRead("people_{partition}.csv", "{file}.sha256", encoding, delimiter)
    return replace(load_sources()["drop_account_reviews"], name="people", tables=(table,), read=read)
