"""Records that an API hands over as archives of whole hours, as Amplitude's export does.

https://amplitude.com/docs/apis/analytics/export: the hours are those of the upload to the vendor's servers,
in UTC, both ends included; the answer is a zip file of gzip files with one JSON record per line, or 404 where
nothing was uploaded in these hours.
"""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from requests import Request, Response

from include.contracts import ArchiveProtocol, ArchiveTableRead, ProtocolRead, SourceContract, Table
from include.extract.identifiers import IdentifierKey
from include.extract.patience import PatientSession
from include.extract.records import parse
from include.extract.rest.asked import Asked

HOUR = timedelta(hours=1)
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


class Archives(Asked):
    """The records of the hours of a window."""

    shortest = HOUR

    def __init__(
        self, contract: SourceContract, table: Table, base_url: str, session: PatientSession
    ) -> None:
        self._read = table.read_as(ArchiveTableRead)
        super().__init__(contract, table, base_url, session, self._read.path, self._read.cursor)
        protocol = contract.read_as(ProtocolRead).protocol
        assert isinstance(protocol, ArchiveProtocol)  # noqa: S101 -- what chose this class
        self._empty = protocol.empty
        self.longest = timedelta(days=protocol.most_days) - HOUR  # a day may have 25

    def read(self, start: datetime, end: datetime, key: IdentifierKey) -> Iterator[pa.Table]:
        first = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        last = end.astimezone(UTC) - timedelta(microseconds=1)
        if last < first:  # an hour by the wall clock that does not exist on the day the clocks change
            return
        hours = {self._read.first: _hour(first), self._read.last: _hour(last)}
        answer = self._answer(
            Request("GET", self._url, params=hours), readable=_whole_archive, empty=self._empty
        )
        if answer.status_code == self._empty:
            return
        for name, lines in _files(answer.content):
            yield self.rows_of([self._record(name, number, line) for number, line in lines], key)

    def _record(self, name: str, number: int, line: bytes) -> dict[str, Any]:
        try:
            record = parse(line)
        except ValueError:
            record = None
        if not isinstance(record, dict):
            raise self._violation(
                f"line {number} of {name} in the archive is not a JSON object", "to correct the export"
            )
        return record


def _hour(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H")


def _whole_archive(answer: Response) -> None:
    """An archive that was cut short on its way shows it: the table of contents and checksums come last."""
    try:
        for _ in _files(answer.content):
            pass
    except _DAMAGED:
        raise ValueError("an archive that is damaged or cut short") from None


def _files(content: bytes) -> Iterator[tuple[str, Iterator[tuple[int, bytes]]]]:
    """The files of an archive in the order of their names, each with its numbered lines."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(archive.namelist()):
            lines = gzip.decompress(archive.read(name)).split(b"\n")
            yield name, ((number, line) for number, line in enumerate(lines, start=1) if line)
