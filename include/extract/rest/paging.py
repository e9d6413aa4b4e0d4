"""How one page leads to the next, as the contract has it. dlt's paginators where they fit."""

from __future__ import annotations

from typing import Any, assert_never

from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    BaseReferencePaginator,
    HeaderLinkPaginator,
    JSONResponseCursorPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePagePaginator,
)
from requests import Request, Response

from include import contracts
from include.contracts import Paginator
from include.extract.records import parse


def paginator(read: Paginator, page_size: int, since: str) -> BasePaginator:
    """dlt's paginator, or ours. `since` is the query parameter that a cursor takes the place of."""
    match read:
        case contracts.LinkPaginator():
            return HeaderLinkPaginator()
        case contracts.CursorPaginator():
            return JSONResponseCursorPaginator(cursor_path=read.next, cursor_param=read.parameter)
        case contracts.OffsetPaginator():
            return OffsetPaginator(
                page_size, offset_param=read.offset, limit_param=read.page_size, total_path=read.total
            )
        case contracts.PagePaginator():
            # To the first empty page: a source that caps the page size must not look as if it had ended.
            return PageNumberPaginator(base_page=1, page_param=read.page, total_path=None)
        case contracts.ExportPaginator():
            return _Export(read, since)
        case contracts.SinglePaginator():
            return SinglePagePaginator()
    assert_never(read)


class _Export(BaseReferencePaginator):
    """Goes on from the place an answer names, until an answer says that it is the last."""

    def __init__(self, read: contracts.ExportPaginator, since: str) -> None:
        super().__init__()
        self._read = read
        self._since = since

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        page = parse(response.content)
        self._next_reference = None if page[self._read.end] is True else page[self._read.next]

    def update_request(self, request: Request) -> None:
        if self._next_reference is None:
            return
        request.params = {
            name: value for name, value in (request.params or {}).items() if name != self._since
        }
        request.params[self._read.parameter] = self._next_reference
