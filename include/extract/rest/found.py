"""Objects that an API finds by a filter which is posted to it, as HubSpot's search does.

https://developers.hubspot.com/docs/api-reference/2026-03/crm/search-the-crm: `paging.next.after` leads on,
and no search shows more than 10,000 results.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from requests import Request

from include.contracts import ProtocolRead, SearchProtocol, SearchTableRead, SourceContract, Table
from include.extract.errors import SourceUnavailableError, owner
from include.extract.identifiers import IdentifierKey
from include.extract.patience import PatientSession
from include.extract.rest.asked import Asked

PROPERTIES = "properties"
MILLISECOND = timedelta(milliseconds=1)
READINGS = 5  # of a stretch in which records come and go while it is read


class Found(Asked):
    """The records of one kind of object.

    Records are paged by how many came before. Where one is changed meanwhile, it leaves the window and all
    that follow move up by one, so that one would be missed. The number found must therefore be the number
    read, or the stretch is read again.
    """

    method = "POST"

    def __init__(
        self, contract: SourceContract, table: Table, base_url: str, session: PatientSession
    ) -> None:
        self._read = table.read_as(SearchTableRead)
        super().__init__(contract, table, base_url, session, self._read.path, self._read.cursor)
        protocol = contract.read_as(ProtocolRead).protocol
        assert isinstance(protocol, SearchProtocol)  # noqa: S101 -- what chose this class
        self._protocol = protocol
        paths = {column.name: column.path for column in table.columns}
        self._property = paths[self._read.cursor][-1]
        self._asked = [path[-1] for path in paths.values() if path[0] == PROPERTIES]

    def read(self, start: datetime, end: datetime, key: IdentifierKey) -> Iterator[pa.Table]:
        for records in self._stretch(_milliseconds(start), _milliseconds(end)):
            yield self.rows_of(records, key)

    def _stretch(self, start: int, end: int) -> Iterator[list[dict[str, Any]]]:
        """Records changed from `start` to before `end`; in halves where no search can show so many."""
        for _ in range(READINGS):
            page = self._search(self._between(start, end), self._property, after=0)
            total = self._total(page)
            if total > self._protocol.most:
                if end - start > 1:
                    middle = (start + end) // 2
                    yield from self._stretch(start, middle)
                    yield from self._stretch(middle, end)
                else:
                    yield from self._one_after_the_other(start, end)
                return
            records = list(self._pages(page, start, end))
            if len({str(record.get("id")) for record in records}) == len(records) == total:
                yield records
                return
        raise SourceUnavailableError(
            f"{self.where}: records changed each of {READINGS} times that the window was read. Nothing was "
            f"loaded. This task retries by itself; if it still fails then, ask {owner(self._contract)} what "
            "rewrites old records."
        )

    def _pages(self, page: dict[str, Any], start: int, end: int) -> Iterator[dict[str, Any]]:
        """The records of this first page and of those that follow it."""
        read = 0
        while True:
            records = self._records(page, "results")
            yield from records
            read += len(records)
            after = self._after(page)
            if after is None:
                return
            if int(after) != read:
                raise self._violation("the pages go in a circle", "to correct the paging")
            page = self._search(self._between(start, end), self._property, after=read)

    def _one_after_the_other(self, start: int, end: int) -> Iterator[list[dict[str, Any]]]:
        """By their numbers: a mass update gives one moment to more records than a search shows."""
        number = self._protocol.number
        last = -1
        while True:
            beyond = {"propertyName": number, "operator": "GT", "value": str(last)}
            page = self._search([*self._between(start, end), beyond], number, after=0)
            records = self._records(page, "results")
            if not records:
                return
            yield records
            numbers = [str((record.get(PROPERTIES) or {}).get(number, "")) for record in records]
            if not all(text.isdecimal() for text in numbers) or int(numbers[-1]) <= last:
                raise self._lacks(f"rising numbers under {number!r}")
            last = int(numbers[-1])

    def _between(self, start: int, end: int) -> list[dict[str, str]]:
        return [
            {"propertyName": self._property, "operator": "GTE", "value": str(start)},
            {"propertyName": self._property, "operator": "LT", "value": str(end)},
        ]

    def _search(self, filters: list[dict[str, str]], order: str, after: int) -> dict[str, Any]:
        body = {
            "filterGroups": [{"filters": filters}],
            "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
            "properties": self._asked,
            "limit": self._read.page_size,
            "after": str(after),
        }
        return self._page(Request("POST", self._url, json=body))

    def _total(self, page: dict[str, Any]) -> int:
        total = str(page.get("total"))
        if not total.isdecimal():
            raise self._lacks("the number of all results under 'total'")
        return int(total)

    def _after(self, page: dict[str, Any]) -> str | None:
        """Where the next page begins; None on the last."""
        paging = page.get("paging")
        if paging is None:
            return None
        following = paging.get("next", {}) if isinstance(paging, dict) else {}
        after = following.get("after") if isinstance(following, dict) else None
        if not str(after).isdecimal():
            raise self._lacks("the place to go on from under 'paging.next.after'")
        return str(after)


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
