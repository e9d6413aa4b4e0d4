"""How a source is read: the facts an extractor needs, one frozen dataclass per kind of source.

A source contract states them in its custom property ``read``, once for the source and once per table. The
field names here are the keys there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["cdc", "rest", "drop"]


@dataclass(frozen=True)
class CdcRead:
    """Logical replication from PostgreSQL."""

    publication: str
    slot: str


@dataclass(frozen=True)
class CdcTableRead:
    """Where a table's changes come from."""

    table: str  # schema.table in the source database


@dataclass(frozen=True)
class HeaderAuth:
    """The request header that carries the connection's secret."""

    header: str
    format: str  # e.g. "Token token={secret}"


@dataclass(frozen=True)
class LinkPaginator:
    """Pages are followed by the Link header's rel="next" (RFC 5988)."""

    page_size: str  # query parameter that asks for so many records
    type: Literal["link"] = "link"


@dataclass(frozen=True)
class CursorPaginator:
    """Each answer carries the token that asks for the next page; null on the last."""

    page_size: str  # query parameter that asks for so many records
    next: str  # key of the answer that holds the token
    parameter: str  # query parameter that sends it back
    type: Literal["cursor"] = "cursor"


@dataclass(frozen=True)
class RestRead:
    """An HTTP API. Its base URL and secret are the connection's."""

    auth: HeaderAuth
    paginator: LinkPaginator | CursorPaginator


@dataclass(frozen=True)
class RestTableRead:
    """One resource of an HTTP API and how a window of it is asked for."""

    path: str  # below the base URL, starts with /
    records: str  # key of the answer that holds the list of records
    since: str  # query parameter, start of the window, included
    until: str  # query parameter, end of the window, excluded
    cursor: str  # column the window is cut by
    page_size: int


@dataclass(frozen=True)
class DropRead:
    """Files dropped into a folder, each with a checksum file beside it. The folder is the connection's."""

    file: str  # e.g. "account_reviews_{partition}.csv"
    manifest: str  # e.g. "{file}.sha256"
    encoding: str  # a Python codec
    delimiter: str

    def file_name(self, partition: str) -> str:
        """The file of a partition, given its key ``YYYY-MM-DD``."""
        return self.file.format(partition=partition)

    def manifest_name(self, partition: str) -> str:
        """The checksum file of a partition, given its key ``YYYY-MM-DD``."""
        return self.manifest.format(file=self.file_name(partition))


@dataclass(frozen=True)
class DropTableRead:
    """A dropped file is one table; the source says all there is to know about reading it."""


Read = CdcRead | RestRead | DropRead
TableRead = CdcTableRead | RestTableRead | DropTableRead
