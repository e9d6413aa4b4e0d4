"""Records of an HTTP API for one window, as its contract describes them.

`access` shows who asks, `asking` words the question, `paging` turns the pages, `pages` takes the records out
of one, `resource` puts a table together, `rows` cuts and orders it. A vendor with a protocol of its own has a
class of its own: `objects` (SOQL), `found` (search), `archives` (hourly archives).

dlt's client pages and authenticates. Its pipeline is not used, because it renames and types what a source
sends, and bronze keeps it as it came.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import timedelta

from include.contracts import (
    ArchiveProtocol,
    ProtocolRead,
    SearchProtocol,
    SoqlProtocol,
    SourceContract,
    Table,
)
from include.contracts.protocol_reading import Protocol
from include.extract.batch import Batch, Window, numbered
from include.extract.identifiers import IdentifierKey
from include.extract.patience import Patience, PatientSession
from include.extract.rest.access import Access, authentication
from include.extract.rest.archives import Archives
from include.extract.rest.found import Found
from include.extract.rest.objects import Objects
from include.extract.rest.resource import Resource
from include.extract.rest.rows import Rows

__all__ = ["Access", "extract"]

FEW_RECORDS = 2_000  # of one slice: a slice with fewer makes the next one longer

log = logging.getLogger(__name__)


def extract(
    contract: SourceContract,
    access: Access,
    window: Window,
    key: IdentifierKey,
    *,
    patience: Patience | None = None,
) -> Iterator[Batch]:
    """Every record whose cursor lies in the window, table by table, ordered by cursor and key.

    A table whose contract looks back is also read for so many days before the window. The order does not
    depend on how the source pages, so reading a window twice gives the same rows at the same positions as
    long as the source holds the same. A long window is read in slices, short where records are many and long
    where they are few: neither memory nor the number of requests follows its length.

    Raises SourceError.
    """
    patience = patience or Patience()
    shown = authentication(contract, access, patience)
    with PatientSession(contract, access.base_url, patience, shown) as session:
        for table in contract.tables:
            resource = _resource(contract, table, access.base_url, session)
            count = 0
            start = window.start - timedelta(days=resource.lookback_days)
            length = resource.shortest + timedelta(days=resource.lookback_days)
            while start < window.end:
                end = min(start + length, window.end)  # by the wall clock: midnight to midnight
                rows = resource.rows(start, end, key)
                start = end
                wanted = length * 4 if rows.num_rows < FEW_RECORDS else length // 4
                length = min(max(wanted, resource.shortest), resource.longest)
                if rows.num_rows:
                    yield Batch(table.name, numbered(rows, window, count))
                count += rows.num_rows
            log.info("%s.%s: read %d records for %s", contract.name, table.name, count, window.key)


def _resource(contract: SourceContract, table: Table, base_url: str, session: PatientSession) -> Rows:
    """The table, read as its contract has it."""
    if not isinstance(contract.read, ProtocolRead):
        return Resource(contract, table, base_url, session)
    kinds: Mapping[type[Protocol], type[Objects | Found | Archives]]
    kinds = {SoqlProtocol: Objects, SearchProtocol: Found, ArchiveProtocol: Archives}
    return kinds[type(contract.read.protocol)](contract, table, base_url, session)
