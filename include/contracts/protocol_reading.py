"""How an HTTP API is read whose vendor has a protocol of its own for asking, paging and answering.

As in ``rest_reading``, the fields are the keys of the contract, and `type` names the protocol there. A window
is asked for by the cursor column, under the name that the source has for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from include.contracts.rest_reading import Auth


@dataclass(frozen=True)
class SoqlProtocol:
    """Salesforce's query language: a query selects the contracted fields, an answer names the next page."""

    type: Literal["soql"] = "soql"


@dataclass(frozen=True)
class SoqlTableRead:
    """One object, as a query asks for it."""

    path: str  # below the base URL, starts with /; queryAll, so that deleted records come, too
    object: str  # the vendor's name for the table
    cursor: str  # column the window is cut by
    page_size: int


@dataclass(frozen=True)
class SearchProtocol:
    """HubSpot's search: a filter is posted, and no search shows more than so many results."""

    most: int  # results of one search, whatever it finds
    number: str  # property that numbers the records, to go on by where one moment has more than that
    type: Literal["search"] = "search"


@dataclass(frozen=True)
class SearchTableRead:
    """One kind of object, as a search finds it."""

    path: str  # below the base URL, starts with /
    cursor: str  # column the window is cut by
    page_size: int


@dataclass(frozen=True)
class ArchiveProtocol:
    """Amplitude's export: a zip of gzip files holds the hours asked for, one JSON record per line."""

    empty: int  # status of the answer where no record was uploaded in these hours
    most_days: int  # how much time one answer may cover
    type: Literal["archive"] = "archive"


@dataclass(frozen=True)
class ArchiveTableRead:
    """What an archive holds. Hours are those of the upload to the vendor, so a late record comes later."""

    path: str  # below the base URL, starts with /
    first: str  # query parameter, first hour, YYYYMMDDTHH in UTC
    last: str  # query parameter, last hour, included
    cursor: str  # column that names the moment of the upload


Protocol = SoqlProtocol | SearchProtocol | ArchiveProtocol
ProtocolTableRead = SoqlTableRead | SearchTableRead | ArchiveTableRead


@dataclass(frozen=True)
class ProtocolRead:
    """An HTTP API with a protocol of its own. Its base URL, login and secret are the connection's."""

    auth: Auth
    protocol: Protocol
