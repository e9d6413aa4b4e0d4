"""Files dropped into a folder, each beside a checksum file that is written last.

A file is read where it lies: in the folder while it is new, in `archive/` once bronze holds it. A late file
is waited for by the run of its own day. A file of an earlier day that is sent again comes with the newest
day's run: what was corrected then stands behind everything that was known before. A file that is not the one
its manifest describes goes to `quarantine/`, with a record of why.
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from include.contracts import TIMEZONE, DropRead, SourceContract
from include.extract.batch import Batch, Window, numbered
from include.extract.csv_rows import CsvRows, Rejected
from include.extract.errors import DamagedFileError, SourceNotReadyError, owner
from include.extract.identifiers import IdentifierKey

log = logging.getLogger(__name__)

ARCHIVE = "archive"
QUARANTINE = "quarantine"


@dataclass(frozen=True)
class DroppedFile:
    """A file whose bytes are the ones its manifest describes."""

    name: str
    day: date
    sha256: str
    path: Path
    known: bool = False  # sent again without a change: there is nothing to read


def arrived(
    contract: SourceContract, folder: Path, window: Window, *, newest: bool = True
) -> tuple[DroppedFile, ...]:
    """The window's files, oldest day first, new or archived, each checked against its manifest.

    `newest` says that no later partition is in bronze. Then files of earlier days that were sent again are
    among them, and a file of the window that was sent again is read instead of the archived one. A run of an
    older partition leaves both to the next run of a newer one: its own rows stand before those of later
    partitions, which may hold a correction already.

    Raises SourceNotReadyError while the partition's own file or its manifest is missing; an earlier day of a
    longer window may have had no file. Raises DamagedFileError after moving a file with a wrong checksum to
    `quarantine/`.
    """
    if not folder.is_dir():
        raise SourceNotReadyError(
            f"{contract.name}: the drop folder {folder} does not exist. Mount it, or correct `path` in the "
            f"extra of connection {contract.connection_id}. This task tries again by itself."
        )
    places = (folder, folder / ARCHIVE) if newest else (folder / ARCHIVE, folder)
    again = _sent_again(contract, folder, window.start.date()) if newest else ()
    found = (_find(contract, folder, day, places, needed=day == window.partition) for day in window.days())
    return (*again, *(file for file in found if file is not None))


def extract(
    contract: SourceContract,
    folder: Path,
    files: Sequence[DroppedFile],
    window: Window,
    key: IdentifierKey,
) -> Iterator[Batch]:
    """The rows of `files`, in their order. Rows that do not fit are listed in `quarantine/` and counted.

    Raises ContractViolationError when a file cannot be read as its contract says.
    """
    (table,) = contract.tables
    count = 0
    for file in files:
        if file.known:
            continue
        reader = CsvRows(contract, table, file.path, key)
        for rows in reader.batches(file.day, _end_of(file.day)):
            yield Batch(table.name, numbered(rows, window, count))
            count += rows.num_rows
        if reader.rejected:
            _list_rejected(contract, folder, file, reader.rejected)
    log.info("%s: read %d rows of %d files for %s", contract.name, count, len(files), window.key)


def confirm(contract: SourceContract, folder: Path, read: Mapping[str, str]) -> None:
    """Moves what bronze now holds to `archive/`: `read` gives each file's name and SHA-256 as it was read.

    A file that was replaced since stays, for another run of its partition. Confirming twice is harmless.
    """
    archive = folder / ARCHIVE
    archive.mkdir(exist_ok=True)
    for name, sha256 in read.items():
        file, manifest = folder / name, _manifest(contract, name)
        if file.exists() and _sha256(file) != sha256:
            log.warning("%s: %s was replaced after it was read; run its partition again", contract.name, name)
            continue
        if file.exists():
            _move(file, archive)
        if (folder / manifest).exists():
            _move(folder / manifest, archive)


def rejected_rows(folder: Path, files: Iterable[str]) -> int:
    """How many rows of these files are listed in `quarantine/` instead of being read."""
    records = (folder / QUARANTINE / f"{name}.rejected.json" for name in files)
    return sum(json.loads(record.read_text())["count"] for record in records if record.exists())


def _sent_again(contract: SourceContract, folder: Path, before: date) -> tuple[DroppedFile, ...]:
    """New files of days before `before` whose archive holds a file of that name already."""
    files = []
    for path in sorted(folder.iterdir()):
        day = _day(contract, path.name)
        manifest, archived = folder / _manifest(contract, path.name), folder / ARCHIVE / path.name
        if day is not None and day < before and archived.exists() and manifest.exists():
            file = _checked(contract, folder, day, path, manifest)
            log.info("%s: %s was sent again", contract.name, file.name)
            files.append(replace(file, known=_sha256(archived) == file.sha256))
    return tuple(files)


def _day(contract: SourceContract, name: str) -> date | None:
    """The day whose file has this name; None where the contract names no file so."""
    before, _, after = contract.read_as(DropRead).file.partition("{partition}")
    try:
        day = date.fromisoformat(name.removeprefix(before).removesuffix(after))
    except ValueError:
        return None
    return day if contract.read_as(DropRead).file_name(day.isoformat()) == name else None


def _find(
    contract: SourceContract, folder: Path, day: date, places: Sequence[Path], *, needed: bool
) -> DroppedFile | None:
    name = contract.read_as(DropRead).file_name(day.isoformat())
    manifest = _manifest(contract, name)
    for place in places:
        if (place / name).exists():
            # A kill while archiving may have left the manifest behind.
            expected = next((at for at in (place / manifest, folder / manifest) if at.exists()), None)
            if expected is not None:
                return _checked(contract, folder, day, place / name, expected)
            log.info("%s: %s has no %s yet", contract.name, name, manifest)
            break
    if not needed:
        return None
    raise SourceNotReadyError(
        f"{contract.name}: {name} and {manifest} are not both in {folder}. This task tries again by itself; "
        f"if they are late, ask {owner(contract)}."
    )


def _checked(contract: SourceContract, folder: Path, day: date, file: Path, manifest: Path) -> DroppedFile:
    told = manifest.read_text(encoding="utf-8", errors="replace").split(maxsplit=1)
    expected = told[0].lower() if told else ""
    actual = _sha256(file)
    if actual == expected:
        return DroppedFile(file.name, day, actual, file)
    quarantine = folder / QUARANTINE
    quarantine.mkdir(exist_ok=True)
    record = {
        "file": file.name,
        "reason": "checksum",
        "expected": expected[:64],
        "sha256": actual,
        "count": 1,
    }
    _write(quarantine / f"{file.name}.damaged.json", record)
    _move(file, quarantine)
    _move(manifest, quarantine)
    raise DamagedFileError(
        f"{contract.name}: {file.name} has SHA-256 {actual}, its manifest says {expected[:64] or 'nothing'}. "
        f"Both are now in {quarantine}; nothing was loaded. Ask {owner(contract)} to send the file again, "
        "then clear this task."
    )


def _list_rejected(
    contract: SourceContract, folder: Path, file: DroppedFile, rejected: Sequence[Rejected]
) -> None:
    quarantine = folder / QUARANTINE
    quarantine.mkdir(exist_ok=True)
    place = quarantine / f"{file.name}.rejected.json"
    rows = [asdict(row) for row in rejected]
    _write(place, {"file": file.name, "sha256": file.sha256, "count": len(rows), "rows": rows})
    log.warning(
        "%s: %d rows of %s do not fit and were not read; lines and reasons are in %s. Ask %s.",
        contract.name,
        len(rows),
        file.name,
        place,
        owner(contract),
    )


def _manifest(contract: SourceContract, name: str) -> str:
    return contract.read_as(DropRead).manifest.format(file=name)


def _end_of(day: date) -> datetime:
    end = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(TIMEZONE))
    return end.astimezone(UTC).replace(tzinfo=None)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _move(file: Path, folder: Path) -> None:
    """Moves `file`; what lies there under its name is kept too, under its hash."""
    there = folder / file.name
    if there.exists():
        there.replace(folder / f"{file.name}.{_sha256(there)[:12]}")
    file.rename(there)


def _write(place: Path, record: dict[str, Any]) -> None:
    partial = place.with_suffix(".partial")
    partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    partial.replace(place)
