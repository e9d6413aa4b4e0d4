"""Files as a source drops them, and what is read of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from include.contracts import SourceContract
from include.extract import drops
from include.extract.batch import Window
from tests.unit.extract.contracts import KEY, drop

HEADER = "person_id,name,sin,score,updated_at"
DAY = "2026-11-18"


def place(
    folder: Path, *lines: str, day: str = DAY, encoding: str = "utf-8-sig", newline: str = "\n"
) -> Path:
    """A file and its manifest, as the source drops them."""
    file = folder / f"people_{day}.csv"
    file.write_bytes((newline.join(lines) + newline).encode(encoding))
    sign(file)
    return file


def sign(file: Path) -> None:
    """The manifest of a file as it is now."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_name(f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")


def read(
    folder: Path, window: Window | None = None, contract: SourceContract | None = None, *, newest: bool = True
) -> list[dict[str, object]]:
    """The rows of a run."""
    contract, window = contract or drop(), window or Window.of(DAY)
    files = drops.arrived(contract, folder, window, newest=newest)
    return [
        row for batch in drops.extract(contract, folder, files, window, KEY) for row in batch.rows.to_pylist()
    ]


def receipt(folder: Path, window: Window | None = None) -> dict[str, str]:
    """What a run confirms with."""
    return {file.name: file.sha256 for file in drops.arrived(drop(), folder, window or Window.of(DAY))}


def load(folder: Path, day: str = DAY) -> list[dict[str, object]]:
    """A whole run: the rows read, and the files confirmed."""
    window = Window.of(day)
    rows, told = read(folder, window), receipt(folder, window)
    drops.confirm(drop(), folder, told)
    return rows
