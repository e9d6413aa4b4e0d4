"""How an HTTP API is read: who we are to it, how its answers are paged, how a window is asked for.

Every style is one frozen dataclass whose fields are the keys of the contract; `type` names the style there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Moments = Literal["rfc3339", "unix", "date"]


@dataclass(frozen=True)
class HeaderAuth:
    """A request header carries the connection's secret."""

    header: str
    format: str  # e.g. "Token token={secret}"
    type: Literal["header"] = "header"


@dataclass(frozen=True)
class BasicAuth:
    """HTTP basic authentication (RFC 7617).

    `user` says what stands as the user name: the connection's `login`, with the secret as the password; or
    the `secret` itself, with no password, as vendors do whose API key is all there is.
    """

    user: Literal["login", "secret"]
    type: Literal["basic"] = "basic"


@dataclass(frozen=True)
class SignedAuth:
    """Each request is signed: HMAC-SHA256 of timestamp, method, path with query and body, in lower-case hex.

    The fields name the headers. The connection's login is the public token, its password signs.
    """

    token: str
    timestamp: str  # Unix seconds
    signature: str
    type: Literal["hmac"] = "hmac"


@dataclass(frozen=True)
class OAuthAuth:
    """OAuth 2.0 client credentials (RFC 6749, 4.4): the connection's login and secret buy a bearer token."""

    token_path: str  # below the base URL, starts with /
    type: Literal["oauth"] = "oauth"


@dataclass(frozen=True)
class OpenAuth:
    """A public API: nothing is shown."""

    type: Literal["open"] = "open"


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
class OffsetPaginator:
    """Pages are asked for by how many records to skip; the answer says how many there are in all."""

    page_size: str  # query parameter that asks for so many records
    offset: str  # query parameter that skips so many
    total: str  # key of the answer, dots between levels
    type: Literal["offset"] = "offset"


@dataclass(frozen=True)
class PagePaginator:
    """Pages are numbered from 1; the first empty one is the end."""

    page_size: str  # query parameter that asks for so many records
    page: str  # query parameter with the number
    type: Literal["page"] = "page"


@dataclass(frozen=True)
class ExportPaginator:
    """An incremental export, oldest change first: each answer says where to go on, and whether it ends."""

    page_size: str  # query parameter that asks for so many records
    next: str  # key of the answer that holds the place
    parameter: str  # query parameter that sends it back
    end: str  # key of the answer that is true at the end
    type: Literal["export"] = "export"


@dataclass(frozen=True)
class SinglePaginator:
    """One answer holds all of a window."""

    type: Literal["single"] = "single"


Auth = HeaderAuth | BasicAuth | SignedAuth | OAuthAuth | OpenAuth
Paginator = (
    LinkPaginator | CursorPaginator | OffsetPaginator | PagePaginator | ExportPaginator | SinglePaginator
)


@dataclass(frozen=True)
class RestRead:
    """An HTTP API. Its base URL, login and secret are the connection's."""

    auth: Auth
    paginator: Paginator


@dataclass(frozen=True)
class RestTableRead:
    """One resource of an HTTP API and how a window of it is asked for.

    Whatever the API can filter by, the window is cut again on our side.
    """

    path: str  # below the base URL, starts with /; a fixed query may follow
    records: (
        str  # key of the answer that holds the list of records, dots between levels; $: the answer itself
    )
    since: str  # query parameter, start of the window, included
    cursor: str  # column the window is cut by; its type says how a moment is written in a record
    page_size: int = 0  # 0 only where pages have no size
    until: str = ""  # query parameter, end of the window; without it pages must come in the cursor's order
    moments: Moments = "rfc3339"  # how a moment is written in `since` and `until`; a date names its whole day
    lookback_days: int = (
        0  # days before the window that are read again, because the source corrects them late
    )
    series: str = ""  # column for the name of a series, where a record holds many series of one moment
    paginator: Paginator | None = None  # where this resource is paged in another way than the rest
