"""Files that departments drop into a folder, each before the `.sha256` that vouches for it."""

import hashlib
import os
from pathlib import Path

HELD = ".held"
ARCHIVE = "archive"


def deliver(drop: Path, name: str, body: bytes, *, hold: bool = False) -> None:
    """Put a file and its manifest into `drop`, or aside under `drop`/.held.

    Does nothing where the file was delivered before, even if its reader has archived it since.
    """
    if any((place / f"{name}.sha256").exists() for place in (drop, drop / ARCHIVE)):
        return
    folder = drop / HELD if hold else drop
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / name, body)
    # The manifest comes last: whoever sees it may read the file.
    _write(folder / f"{name}.sha256", f"{hashlib.sha256(body).hexdigest()}  {name}\n".encode())


def release(drop: Path) -> list[str]:
    """Deliver the files held back, each before its manifest. Returns the names of what was moved."""
    held = sorted(path for path in (drop / HELD).glob("*") if not path.name.startswith("."))
    for path in held:
        path.replace(drop / path.name)
    return [path.name for path in held]


def _write(path: Path, body: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    with unfinished.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
