"""A mistake in a contract, and the check that it is refused as an operator needs it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from include.contracts import ContractError


@dataclass(frozen=True)
class Mistake:
    """One edit of a shipped contract and what the error must say; its line is that of ``marker``, edited."""

    file: str
    old: str
    new: str
    marker: str
    reason: str
    next_step: str


def assert_refused(mistake: Mistake, shipped: Path, folder: Path, read: Callable[[Path], object]) -> None:
    """Makes the mistake in a copy of the contract in ``shipped``, and reads that."""
    text = (shipped / f"{mistake.file}.yaml").read_text(encoding="utf-8")
    assert mistake.old in text
    wrong = text.replace(mistake.old, mistake.new)
    path = folder / f"{mistake.file}.yaml"
    path.write_text(wrong, encoding="utf-8")
    line = wrong[: wrong.index(mistake.marker)].count("\n") + 1

    with pytest.raises(ContractError) as refused:
        read(path)

    message = str(refused.value)
    assert message.startswith(f"{path}:{line}: "), message
    reason, _, next_step = message.removeprefix(f"{path}:{line}: ").partition("; ")
    assert mistake.reason in reason
    assert mistake.next_step in next_step
