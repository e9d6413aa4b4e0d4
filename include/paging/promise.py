"""What was promised: the contract's side of a deadline, as it travels to the callback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Promise:
    """Who promised what, and who waits for it.

    Written into the DAG when it is parsed and kept by Airflow with the run, so that a page needs no contract
    file and always speaks of the contract the run was created under. Plain strings, because Airflow stores,
    hashes and encrypts callback arguments.
    """

    subject: str
    """A source's name, or ``gold``."""
    owner: str
    owner_channel: str
    on_call_channel: str
    criticality: Literal["blocking", "degradable", "gold"]
    gold_tables: str
    """The tables that readers use, separated by commas: what goes stale."""
    timezone: str

    @property
    def is_gold(self) -> bool:
        return self.criticality == "gold"
