"""A model that does not hold to the contract."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong and what to do. `column` and `clause` are empty where it concerns none."""

    model: str
    column: str
    clause: str
    what: str
    to_do: str

    def __str__(self) -> str:
        where = f"{self.model}.{self.column}" if self.column else self.model
        clause = f" (clause {self.clause})" if self.clause else ""
        return f"{where}{clause}: {self.what}; {self.to_do}"
