"""Objects of an API that is asked in SOQL, Salesforce's query language.

https://developer.salesforce.com/docs/platform/api-rest/guide/resources-queryall.md: a query that includes
deleted records; an answer that is not `done` names the next page, on the same host.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_queryoptions.htm: page size.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import pyarrow as pa
from requests import Request

from include.contracts import SoqlTableRead, SourceContract, Table
from include.extract.identifiers import IdentifierKey
from include.extract.patience import PatientSession
from include.extract.rest.asked import Asked

ENVELOPE = "attributes"  # of each record: the name of its object again, and its address


class Objects(Asked):
    """The records of one object."""

    def __init__(
        self, contract: SourceContract, table: Table, base_url: str, session: PatientSession
    ) -> None:
        self._read = table.read_as(SoqlTableRead)
        super().__init__(contract, table, base_url, session, self._read.path, self._read.cursor)

    def read(self, start: datetime, end: datetime, key: IdentifierKey) -> Iterator[pa.Table]:
        headers = {"Sforce-Query-Options": f"batchSize={self._read.page_size}"}
        request = Request("GET", self._url, params={"q": self.query(start, end)}, headers=headers)
        seen = set()
        while True:
            page = self._page(request)
            yield self.rows_of([_bare(record) for record in self._records(page, "records")], key)
            if page.get("done") is True:
                return
            following = page.get("nextRecordsUrl")
            if page.get("done") is not False or not isinstance(following, str):
                raise self._lacks("the end under 'done', or the next page under 'nextRecordsUrl'")
            if following in seen:
                raise self._violation("the pages go in a circle", "to correct the paging")
            seen.add(following)
            request = Request("GET", urljoin(self._url, following), headers=headers)

    def query(self, start: datetime, end: datetime) -> str:
        """The contracted fields of what changed in `[start, end)`, under the source's names."""
        names = {column.name: column.name_at_source for column in self._table.columns}
        cursor = names[self._read.cursor]
        order = ", ".join((cursor, *(names[name] for name in self._table.key)))
        return (
            f"SELECT {', '.join(names.values())} FROM {self._read.object} "  # noqa: S608 -- names of a contract
            f"WHERE {cursor} >= {_literal(start)} AND {cursor} < {_literal(end)} ORDER BY {order}"
        )


def _bare(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != ENVELOPE}


def _literal(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
