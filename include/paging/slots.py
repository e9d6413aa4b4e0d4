"""Replication slots that need somebody: lost, gone, or holding back more log than is safe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from include.contracts import SourceContract
from include.extract.cdc.health import SlotHealth
from include.paging import schedule
from include.paging.dag_states import Dags
from include.paging.incidents import Subject

Trouble = Literal["lost", "missing", "grows"]


@dataclass(frozen=True)
class SlotTrouble:
    """A slot that needs somebody before `partition` can be loaded."""

    contract: SourceContract
    health: SlotHealth
    trouble: Trouble
    partition: date

    @property
    def subject(self) -> Subject:
        """A slot that grew and was then lost is two pages: the second is worse news."""
        verb = "grows" if self.trouble == "grows" else "lost"
        return Subject(f"slot {self.health.source} {verb}", self.partition)


def trouble(
    contract: SourceContract, health: SlotHealth, loaded: frozenset[date], dags: Dags
) -> SlotTrouble | None:
    """What is wrong with a source's slot, if anything is.

    A source that was never loaded needs no slot yet. While a run of the source goes on, it may be making the
    slot anew; and a run of the awaited partition that stumbled over the loss has its own deadline.
    """
    if not loaded:
        return None
    partition = max(loaded) + schedule.DAY
    if health.state != "present":
        speaks = any(run.speaks_for_itself for run in dags.runs(contract.dag_id, partition.isoformat()))
        if speaks or dags.is_busy(contract.dag_id):
            return None
        return SlotTrouble(contract, health, health.state, partition)
    return SlotTrouble(contract, health, "grows", partition) if health.near_budget else None
