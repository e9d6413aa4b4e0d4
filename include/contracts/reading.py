"""How a source is read: the facts an extractor needs, one frozen dataclass per kind of source.

A source contract states them in its custom property ``read``, once for the source and once per table. The
field names here are the keys there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from include.contracts.protocol_reading import ProtocolRead, ProtocolTableRead
from include.contracts.rest_reading import RestRead, RestTableRead

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


Read = CdcRead | RestRead | ProtocolRead | DropRead
TableRead = CdcTableRead | RestTableRead | ProtocolTableRead | DropTableRead
