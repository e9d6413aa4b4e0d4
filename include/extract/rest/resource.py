"""One table's resource of an API: the rows of a stretch of time."""

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.rest_client.client import RESTClient
from requests import Response

from include.contracts import ExportPaginator, RestRead, RestTableRead, SourceContract, Table
from include.extract.errors import ContractViolationError, SourceUnavailableError, owner
from include.extract.identifiers import IdentifierKey
from include.extract.patience import PatientSession
from include.extract.records import parse
from include.extract.rest import pages
from include.extract.rest.asking import parameters
from include.extract.rest.paging import paginator
from include.extract.rest.rows import Rows, utc

READINGS = 5  # of one stretch of time, before a source is held to be too busy

log = logging.getLogger(__name__)


class _MovedError(Exception):
    """Counted pages no longer fit together."""


class Resource(Rows):
    """One table's resource of the API."""

    def __init__(
        self, contract: SourceContract, table: Table, base_url: str, session: PatientSession
    ) -> None:
        self._read = table.read_as(RestTableRead)
        super().__init__(contract, table, self._read.cursor)
        self._paginator = self._read.paginator or contract.read_as(RestRead).paginator
        self._total: str | None = None  # of records in all, by the latest page
        self._client = _Client(base_url, session, self)

    @property
    def where(self) -> str:
        """The request, without its query."""
        return f"{self._contract.name} GET {self._read.path.partition('?')[0]}"

    @property
    def lookback_days(self) -> int:
        return self._read.lookback_days

    def rows(self, start: datetime, end: datetime, key: IdentifierKey) -> pa.Table:
        for _ in range(READINGS):
            try:
                return super().rows(start, end, key)
            except _MovedError:
                log.warning("%s: the records changed while they were read; reading again", self.where)
        raise SourceUnavailableError(
            f"{self.where}: the records changed while they were read, {READINGS} times. Nothing was loaded. "
            f"This task retries by itself; if it still fails then, ask {owner(self._contract)} when it rests."
        )

    def records_of(self, page: Any) -> list[dict[str, Any]]:
        """The records of a page. ContractViolationError when it lacks what the contract says a page has."""
        try:
            records = pages.records_of(page, self._read, self._paginator)
        except pages.UnexpectedPageError as lacking:
            raise ContractViolationError(
                f"{self.where}: the answer does not carry {lacking}, as {self._contract.path.name} has it. "
                f"Nothing was loaded. Ask {owner(self._contract)} what changed; correct the source or agree "
                "a new contract version, then clear this task."
            ) from None
        total = pages.total_of(page, self._paginator)
        if self._total not in (None, total):
            raise _MovedError  # a record came or went: those after it have moved to another page
        self._total = total
        return records

    def read(self, start: datetime, end: datetime, key: IdentifierKey) -> Iterator[pa.Table]:
        pages_of = (self.rows_of(page, key) for page in self._pages(start, end))
        read = pages_of if self._read.until else self._up_to(end, pages_of)
        if not isinstance(self._paginator, ExportPaginator):
            yield from read
        elif tables := list(read):
            yield self._once(pa.concat_tables(tables))

    def _pages(self, start: datetime, end: datetime) -> Iterator[list[dict[str, Any]]]:
        seen = set()
        self._total = None
        # Given hooks replace dlt's own, which raises with the whole URL in its message.
        for page in self._client.paginate(
            self._read.path,
            params=parameters(self._read, self._paginator, start, end),
            paginator=paginator(self._paginator, self._read.page_size, self._read.since),
            hooks={"response": []},
            readable=pages.readable(self._read),
        ):
            yield list(page)
            following = (page.request.url, str(page.request.params))
            if page.paginator.has_next_page and following in seen:
                raise self._violation("the pages go in a circle")
            seen.add(following)

    def _up_to(self, end: datetime, read: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """Pages of an API that knows no end of a window: up to the first record beyond it."""
        last = None
        for rows in read:
            yield rows
            if not rows.num_rows:
                continue
            moments = pc.min_max(rows["_committed_at"])
            if last is not None and moments["min"].as_py() < last:
                raise self._violation(f"the pages are not in the order of {self._read.cursor}")
            last = moments["max"].as_py()
            if last >= utc(end).as_py():
                return

    def _once(self, rows: pa.Table) -> pa.Table:
        """Without repetitions: an export goes on from a moment, and sends that moment's records again."""
        once = rows.group_by(rows.column_names, use_threads=False).aggregate([])
        if repeated := rows.num_rows - once.num_rows:
            log.info("%s: %d records came twice, word for word, and are read once", self.where, repeated)
        return once.cast(rows.schema)

    def _violation(self, what: str) -> ContractViolationError:
        return ContractViolationError(
            f"{self.where}: {what}. Nothing was loaded. "
            f"Ask {owner(self._contract)} to correct the paging, then clear this task."
        )


class _Client(RESTClient):
    """Takes the records out of a page, their numbers as sent. The session shows who asks."""

    def __init__(self, base_url: str, session: PatientSession, resource: Resource) -> None:
        super().__init__(base_url, session=session, config=RuntimeConfiguration())
        self._resource = resource

    def extract_response(self, response: Response, data_selector: Any) -> list[Any]:  # noqa: ARG002
        return self._resource.records_of(parse(response.content))
