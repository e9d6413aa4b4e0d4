"""Records of an HTTP API for one window, as its contract describes them.

dlt's client pages and authenticates. Its pipeline is not used, because it renames and types what a source
sends, and bronze keeps it as it came.
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from dlt.sources.helpers.rest_client.paginators import (
    BasePaginator,
    HeaderLinkPaginator,
    JSONResponseCursorPaginator,
)
from requests import Response

from include.contracts import CursorPaginator, RestRead, RestTableRead, SourceContract, Table
from include.extract.batch import Batch, Window, numbered
from include.extract.errors import ContractViolationError, owner
from include.extract.identifiers import IdentifierKey
from include.extract.patience import Patience, PatientSession
from include.extract.records import parse, rows_of

FEW_RECORDS = 2_000  # of one slice: a slice with fewer makes the next one longer

log = logging.getLogger(__name__)


def extract(
    contract: SourceContract,
    base_url: str,
    secret: str,
    window: Window,
    key: IdentifierKey,
    *,
    patience: Patience | None = None,
) -> Iterator[Batch]:
    """Every record whose cursor lies in the window, table by table, ordered by cursor and key.

    The order does not depend on how the source pages, so reading a window twice gives the same rows at the
    same positions as long as the source holds the same. A long window is read in slices, short where records
    are many and long where they are few: neither memory nor the number of requests follows its length.

    Raises SourceError.
    """
    with PatientSession(contract, base_url, patience or Patience()) as session:
        for table in contract.tables:
            resource = _Resource(contract, table, base_url, secret, session)
            count = 0
            start, days = window.start, 1
            while start < window.end:
                end = min(start + timedelta(days=days), window.end)  # by the wall clock: midnight to midnight
                rows = resource.rows(start, end, key)
                start, days = end, days * 4 if rows.num_rows < FEW_RECORDS else max(1, days // 4)
                if rows.num_rows:
                    yield Batch(table.name, numbered(rows, window, count))
                count += rows.num_rows
            log.info("%s.%s: read %d records for %s", contract.name, table.name, count, window.key)


class _Client(RESTClient):
    """Takes the records out of a page, their numbers as sent."""

    def __init__(
        self, base_url: str, auth: APIKeyAuth, session: PatientSession, resource: "_Resource"
    ) -> None:
        super().__init__(base_url, auth=auth, session=session, config=RuntimeConfiguration())
        self._resource = resource

    def extract_response(self, response: Response, data_selector: Any) -> list[Any]:  # noqa: ARG002
        return self._resource.records_of(parse(response.content))


class _Resource:
    """One table's resource of the API."""

    def __init__(
        self, contract: SourceContract, table: Table, base_url: str, secret: str, session: PatientSession
    ) -> None:
        self._contract = contract
        self._table = table
        self._source = contract.read_as(RestRead)
        self._read = table.read_as(RestTableRead)
        header = self._source.auth
        auth = APIKeyAuth(name=header.header, api_key=header.format.format(secret=secret), location="header")
        self._client = _Client(base_url, auth, session, self)

    @property
    def where(self) -> str:
        return f"{self._contract.name} GET {self._read.path}"

    def rows(self, start: datetime, end: datetime, key: IdentifierKey) -> pa.Table:
        """The rows of `[start, end)` in cursor and key order, positions not yet given."""
        pages = [
            rows_of(self._contract, self._table, page, cursor=self._read.cursor, where=self.where, key=key)
            for page in self._pages(start, end)
        ]
        if not pages:
            return rows_of(
                self._contract, self._table, [], cursor=self._read.cursor, where=self.where, key=key
            )
        return self._ordered(self._within(pa.concat_tables(pages), start, end))

    def records_of(self, page: dict[str, Any]) -> list[dict[str, Any]]:
        """The records of a page. ContractViolationError when it lacks what the contract says a page has."""
        paginator = self._source.paginator
        records = page.get(self._read.records)
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise self._not_as_contracted(f"a list of records under {self._read.records!r}")
        if isinstance(paginator, CursorPaginator) and paginator.next not in page:
            raise self._not_as_contracted(f"the next page's token under {paginator.next!r}")
        return records

    def _pages(self, start: datetime, end: datetime) -> Iterator[list[dict[str, Any]]]:
        parameters = {
            self._read.since: _rfc3339(start),
            self._read.until: _rfc3339(end),
            self._source.paginator.page_size: self._read.page_size,
        }
        seen = set()
        # Given hooks replace dlt's own, which raises with the whole URL in its message.
        for page in self._client.paginate(
            self._read.path, params=parameters, paginator=self._paginator(), hooks={"response": []}
        ):
            yield list(page)
            following = (page.request.url, str(page.request.params))
            if page.paginator.has_next_page and following in seen:
                raise ContractViolationError(
                    f"{self.where}: the pages go in a circle. Nothing was loaded. "
                    f"Ask {owner(self._contract)} to correct the paging, then clear this task."
                )
            seen.add(following)

    def _paginator(self) -> BasePaginator:
        paginator = self._source.paginator
        if isinstance(paginator, CursorPaginator):
            return JSONResponseCursorPaginator(cursor_path=paginator.next, cursor_param=paginator.parameter)
        return HeaderLinkPaginator()

    def _within(self, rows: pa.Table, start: datetime, end: datetime) -> pa.Table:
        """Leaves out what the source sent beyond the window: it belongs to another partition's."""
        moment = rows["_committed_at"]
        inside = rows.filter(pc.and_(pc.greater_equal(moment, _utc(start)), pc.less(moment, _utc(end))))
        if beyond := rows.num_rows - inside.num_rows:
            log.warning("%s: left out %d records outside %s to %s", self.where, beyond, start, end)
        return inside

    def _ordered(self, rows: pa.Table) -> pa.Table:
        others = [name for name in self._table.column_names if name not in self._table.key]
        names = ("_committed_at", *self._table.key, *others, "_rescued")
        return rows.sort_by([(name, "ascending") for name in names])

    def _not_as_contracted(self, what: str) -> ContractViolationError:
        return ContractViolationError(
            f"{self.where}: the answer does not carry {what}, as {self._contract.path.name} has it. "
            f"Nothing was loaded. Ask {owner(self._contract)} what changed; correct the source or agree a "
            "new contract version, then clear this task."
        )


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment.astimezone(UTC).replace(tzinfo=None), pa.timestamp("us"))
