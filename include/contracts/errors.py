"""The one error of this room: which contract is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


class ContractError(Exception):
    """A contract is wrong: ``<file>:<line>: <reason>; <next step>``, the file relative to the repository."""

    def __init__(self, path: Path, line: int, reason: str, next_step: str) -> None:
        super().__init__(path, line, reason, next_step)
        self.path = path
        self.line = line
        self.reason = reason
        self.next_step = next_step

    def __str__(self) -> str:
        known = self.path.is_relative_to(REPOSITORY)
        shown = self.path.relative_to(REPOSITORY) if known else self.path
        return f"{shown}:{self.line}: {self.reason}; {self.next_step}"


def suggestion(wrong: object, allowed: Iterable[str]) -> str:
    """The next step for a word that is not one of ``allowed``: the word probably meant, or the choice."""
    choice = sorted(allowed)
    close = get_close_matches(str(wrong), choice, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"use one of {', '.join(choice)}"
