"""How a replication slot is doing, asked without touching it.

A slot makes the source's server keep its write-ahead log (WAL) until we have read it. Kept for too long, the
log fills the bank's disk. Where `max_slot_wal_keep_size` forbids that, the server gives up the slot instead
and changes are lost. Both are seen coming from here, by whoever asks often enough.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from include.contracts import CdcRead, SourceContract
from include.extract.cdc.errors import named
from include.extract.cdc.session import connect

UNLIMITED_BUDGET = 16 << 30
"""Bytes that a slot may keep where the server sets no limit. A choice, not a measure: a bank's busy day fits
many times, and few databases have so little room left. A server that is meant for more, or for less, says so
in `max_slot_wal_keep_size`."""

ALERT_SHARE = 0.5
"""Of the budget. A slot is read once a day: at half, one more night like the last still fits."""

State = Literal["present", "missing", "lost"]


@dataclass(frozen=True)
class SlotHealth:
    """A slot at one moment. Sizes are bytes, 0 where there is no slot to measure.

    Attributes:
        state: `lost` when the server has given up what the slot held, `missing` when there is no such slot.
        lag: written to the log and not confirmed as taken.
        kept: held back from the server's recycling because of the slot; at least `lag`.
        limit: `max_slot_wal_keep_size`; None when the server sets none and its disk is the limit.
    """

    source: str
    slot: str
    state: State
    lag: int
    kept: int
    limit: int | None

    @property
    def budget(self) -> int:
        """What the slot may keep."""
        return UNLIMITED_BUDGET if self.limit is None else self.limit

    @property
    def near_budget(self) -> bool:
        """Whether it is time to act, with room left to do so."""
        return self.kept >= ALERT_SHARE * self.budget


def slot_health(contract: SourceContract, dsn: str) -> SlotHealth:
    """Ask the source about its slot.

    Raises:
        SourceError: it could not be asked; the message says why and what to do.
    """
    slot = contract.read_as(CdcRead).slot
    with named(contract, "asking about the replication slot"), closing(connect(contract, dsn)) as connection:
        row = connection.execute(
            """
            select
                s.slot_name is not null,
                coalesce(s.wal_status = 'lost', false),
                coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.confirmed_flush_lsn), 0)::bigint,
                coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn), 0)::bigint,
                (select setting::bigint from pg_settings where name = 'max_slot_wal_keep_size')
            from (select 1) as always left join pg_replication_slots as s on s.slot_name = %s
            """,
            [slot],
        ).fetchone()
    assert row is not None  # noqa: S101 -- a left join to one row
    exists, lost, lag, kept, limit_mb = row
    return SlotHealth(
        source=contract.name,
        slot=slot,
        state="missing" if not exists else "lost" if lost else "present",
        lag=lag,
        kept=kept,
        limit=None if limit_mb < 0 else limit_mb << 20,  # the setting counts in megabytes; -1 is no limit
    )
