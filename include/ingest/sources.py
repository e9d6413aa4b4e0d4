"""The three kinds of source, each as the same three verbs: prepare, read, confirm."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from airflow.sdk import Connection

from include.contracts import SourceContract
from include.extract import cdc, drops
from include.extract.batch import Batch, Window
from include.extract.identifiers import IdentifierKey
from include.landing.manifest import Figures, StagedTable

IDENTIFIER_KEY = "identifier_key"
Staged = Callable[[str], Mapping[str, StagedTable]]
"""Given the origin of a snapshot: its tables that earlier tries of the run have staged whole."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Landed:
    """How far a source is in bronze: its last position and latest partition, empty when nothing is."""

    position: str
    partition: str


@dataclass(frozen=True)
class Reading:
    """What a source hands over for a window.

    `reach` is the position up to which changes were read; `receipt` is what confirmation will need; `truth`
    is what the source says of its own tables at `reach`. `origin` is a snapshot's; `kept` are those of its
    tables that an earlier try of the run has staged.
    """

    batches: Iterable[Batch]
    reach: str = ""
    receipt: Mapping[str, str] = field(default_factory=dict)
    truth: Callable[[], Mapping[str, Figures]] = dict
    origin: str = ""
    kept: Mapping[str, StagedTable] = field(default_factory=dict)


class Source(Protocol):
    """A source of any kind. Errors are SourceError."""

    def prepare(self, day: date, *, resnapshot: bool) -> None:
        """Make sure that it can be read for this business day."""

    @contextmanager
    def read(self, window: Window, landed: Landed, staged: Staged, *, resnapshot: bool) -> Iterator[Reading]:
        """Read the window. Nothing changes at the source."""

    def confirm(self, receipt: Mapping[str, str]) -> None:
        """Tell it that bronze has what was read."""

    def rejected(self, receipt: Mapping[str, str]) -> int:
        """How many rows of a reading were set aside at the source instead of being read."""


def source_of(contract: SourceContract) -> Source:
    """The source a contract describes, by its Airflow connection."""
    kinds: Mapping[str, type[_Changes] | type[_Records] | type[_Files]]
    kinds = {"cdc": _Changes, "rest": _Records, "drop": _Files}
    return kinds[contract.kind](contract, Connection.get(contract.connection_id))


def identifier_key() -> IdentifierKey:
    """The key that restricted values are replaced with."""
    return IdentifierKey.from_connection(Connection.get(IDENTIFIER_KEY))


@dataclass(frozen=True)
class _Changes:
    """A database read as changes."""

    contract: SourceContract
    connection: Connection = field(repr=False)

    def prepare(self, day: date, *, resnapshot: bool) -> None:
        cdc.prepare(self.contract, self.connection.get_uri(), day=day, resnapshot=resnapshot)

    @contextmanager
    def read(self, window: Window, landed: Landed, staged: Staged, *, resnapshot: bool) -> Iterator[Reading]:
        if landed.partition > window.key and not resnapshot:
            # Changes are read in their order, whatever the order of runs; these came with a later partition.
            log.info("the changes of %s are in partition %s; nothing to read", window.key, landed.partition)
            yield Reading([], reach=landed.position)
            return
        kept: dict[str, StagedTable] = {}

        def finished(origin: str) -> dict[str, str]:
            kept.update(staged(origin))
            return {name: table.reach for name, table in kept.items()}

        with cdc.extract(
            self.contract,
            self.connection.get_uri(),
            after=landed.position or None,
            key=identifier_key(),
            resnapshot=resnapshot,
            finished=finished,
        ) as changes:
            yield Reading(
                changes.batches,
                reach=changes.stop,
                receipt={"position": changes.stop},
                truth=lambda: {
                    name: Figures(state.rows, state.checksum) for name, state in changes.truth().items()
                },
                origin=changes.origin,
                kept=kept,
            )

    def confirm(self, receipt: Mapping[str, str]) -> None:
        if receipt:
            cdc.confirm(self.contract, self.connection.get_uri(), receipt["position"])

    def rejected(self, receipt: Mapping[str, str]) -> int:  # noqa: ARG002
        return 0


@dataclass(frozen=True)
class _Records:
    """An HTTP API."""

    contract: SourceContract
    connection: Connection = field(repr=False)

    def prepare(self, day: date, *, resnapshot: bool) -> None:
        """An API has nothing to be prepared."""

    @contextmanager
    def read(self, window: Window, landed: Landed, staged: Staged, *, resnapshot: bool) -> Iterator[Reading]:  # noqa: ARG002
        from include.extract import rest  # dlt takes a second to import, and no other step needs it

        access = rest.Access.from_connection(self.connection)
        yield Reading(rest.extract(self.contract, access, window, identifier_key()))

    def confirm(self, receipt: Mapping[str, str]) -> None:
        """An API keeps no account of what was read."""

    def rejected(self, receipt: Mapping[str, str]) -> int:  # noqa: ARG002
        return 0


@dataclass(frozen=True)
class _Files:
    """A folder of dropped files: `path` in the connection's extra."""

    contract: SourceContract
    connection: Connection = field(repr=False)

    @property
    def folder(self) -> Path:
        return Path(self.connection.extra_dejson["path"])

    def prepare(self, day: date, *, resnapshot: bool) -> None:
        """A folder has nothing to be prepared."""

    @contextmanager
    def read(self, window: Window, landed: Landed, staged: Staged, *, resnapshot: bool) -> Iterator[Reading]:  # noqa: ARG002
        newest = window.key >= landed.partition
        files = drops.arrived(self.contract, self.folder, window, newest=newest)
        rows = drops.extract(self.contract, self.folder, files, window, identifier_key())
        yield Reading(rows, receipt={file.name: file.sha256 for file in files})

    def confirm(self, receipt: Mapping[str, str]) -> None:
        drops.confirm(self.contract, self.folder, receipt)

    def rejected(self, receipt: Mapping[str, str]) -> int:
        return drops.rejected_rows(self.folder, receipt)
