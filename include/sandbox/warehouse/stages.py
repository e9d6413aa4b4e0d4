"""Internal stages, named ones and those of temporary tables: PUT, LIST and REMOVE over a folder for each.

https://docs.snowflake.com/en/user-guide/data-load-local-file-system-create-stage
"""

from __future__ import annotations

import hashlib
import re
import shutil
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

from include.sandbox.warehouse.access import of
from include.sandbox.warehouse.errors import already_exists, missing, syntax_error, unsupported
from include.sandbox.warehouse.guard import require, require_create
from include.sandbox.warehouse.names import ObjectName, split
from include.sandbox.warehouse.reader import Reader
from include.sandbox.warehouse.results import OTHER, Column, Result, rows, status
from include.sandbox.warehouse.session import Session

_REFERENCE = re.compile(
    r'@(?P<name>~|(?:(?:"[^"]+"|[\w$]+)\.){0,2}(?:"[^"]+"|%?[\w$]+))(?:/(?P<path>.*))?', re.DOTALL
)
_PUT = re.compile(
    r"""put\s+(?:'(?P<quoted>(?:[^']|'')+)'|(?P<bare>\S+))\s+(?P<stage>'@(?:[^']|'')+'|@\S+)(?P<options>.*)""",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class StagedFile:
    """A file in a stage; `path` is relative to the stage, `local` is where it lies."""

    path: str
    local: Path

    @property
    def size(self) -> int:
        return self.local.stat().st_size

    @property
    def md5(self) -> str:
        with self.local.open("rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

    @property
    def modified(self) -> datetime:
        return datetime.fromtimestamp(self.local.stat().st_mtime, UTC)


@dataclass(frozen=True)
class Location:
    """A stage and the path prefix behind it."""

    name: ObjectName
    folder: Path
    prefix: str

    @property
    def label(self) -> str:
        """How LIST and COPY name the stage before a file's path."""
        return self.name.name.lower()

    def files(self) -> list[StagedFile]:
        """The staged files whose path begins with the prefix, by path."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        files = [StagedFile(str(path.relative_to(self.folder)), path) for path in found]
        return sorted((f for f in files if f.path.startswith(self.prefix)), key=lambda file: file.path)


def create(session: Session, reader: Reader) -> Result:
    reader.expect("CREATE")
    replacing = reader.accept("OR", "REPLACE")
    if reader.accept_any("TEMPORARY", "TEMP"):
        raise unsupported("temporary stages")
    reader.expect("STAGE")
    optional = reader.if_not_exists()
    name = session.object_name(reader.name())
    options = reader.options()
    if "URL" in options:
        raise unsupported("external stages")
    session.require_schema(name.in_schema)
    require_create(session, "STAGE", name.in_schema)
    records = session.records(name.database)
    present = records.get("STAGE", name)
    if present is not None and not replacing:
        if optional:
            return status(f"{name.name} already exists, statement succeeded.")
        raise already_exists(str(name))
    comment = options.get("COMMENT")
    folder = uuid.uuid4().hex
    records.put(
        "STAGE", name, folder, owner=session.role, comment=comment if isinstance(comment, str) else None
    )
    (session.account.stages / folder).mkdir()
    if present is not None:
        shutil.rmtree(session.account.stages / present.definition, ignore_errors=True)
    return status(f"Stage area {name.name} successfully created.")


def drop(session: Session, reader: Reader) -> Result:
    reader.expect("DROP", "STAGE")
    optional = reader.if_exists()
    name = session.object_name(reader.name())
    records = session.records(name.database)
    present = records.get("STAGE", name)
    if present is None:
        if optional:
            return status("Drop statement executed successfully (object already dropped).")
        raise missing("Stage", str(name))
    require(session, of("STAGE", name), "OWNERSHIP")
    records.remove("STAGE", name)
    shutil.rmtree(session.account.stages / present.definition, ignore_errors=True)
    return status(f"{name.name} successfully dropped.")


def locate(session: Session, reference: str, privilege: str) -> Location:
    """The stage a reference such as `@db.s.stage/2026-11-18/` means, for a role with READ or WRITE on it."""
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise syntax_error(f"invalid stage reference '{reference}'.")
    prefix = (match["path"] or "").lstrip("/")
    if ".." in Path(prefix).parts:
        raise syntax_error(f"stage path '{prefix}' leaves the stage.")
    if match["name"].startswith("~"):
        raise unsupported("user stages")
    name = session.object_name(split(match["name"]))
    if "%" in match["name"]:
        return _of_table(session, name, prefix)
    present = session.records(name.database).get("STAGE", name)
    if present is None:
        raise missing("Stage", str(name))
    require(session, of("STAGE", name), privilege)
    return Location(name, session.account.stages / present.definition, prefix)


def _of_table(session: Session, name: ObjectName, prefix: str) -> Location:
    """The stage that a table has by itself. A temporary table's is its maker's alone and ends with it.

    https://docs.snowflake.com/en/user-guide/data-load-local-file-system-create-stage#table-stages
    """
    if name not in session.temporary:
        raise unsupported("stages of permanent tables")
    return Location(name, session.stage_of(name), prefix)


def put(session: Session, reader: Reader) -> Result:
    """PUT: the connector writes the files itself, into the folder it is told."""
    match = _PUT.search(reader.sql)
    if match is None:
        raise syntax_error("PUT needs 'file://path' and @stage.")
    source = (match["quoted"] or match["bare"]).replace("''", "'")
    location = locate(session, match["stage"].strip("'"), "WRITE")
    options = Reader(match["options"]).options()
    target = location.folder / location.prefix
    target.mkdir(parents=True, exist_ok=True)
    upload = {
        "command": "UPLOAD",
        "src_locations": [source.removeprefix("file://")],
        "parallel": int(str(options.get("PARALLEL", 4))),
        "autoCompress": str(options.get("AUTO_COMPRESS", "TRUE")).upper() == "TRUE",
        "overwrite": str(options.get("OVERWRITE", "FALSE")).upper() == "TRUE",
        "sourceCompression": str(options.get("SOURCE_COMPRESSION", "AUTO_DETECT")).lower(),
        "stageInfo": {"locationType": "LOCAL_FS", "location": str(target), "creds": {}},
    }
    empty = rows([("status", "VARCHAR")], [])
    return Result(empty.table, (Column("status", "VARCHAR"),), OTHER, upload)


def list_files(session: Session, reader: Reader) -> Result:
    reader.accept_any("LIST", "LS")
    location, files = _matching(session, reader, "READ")
    return rows(
        [("name", "VARCHAR"), ("size", "BIGINT"), ("md5", "VARCHAR"), ("last_modified", "VARCHAR")],
        [
            [
                f"{location.label}/{file.path}",
                file.size,
                file.md5,
                format_datetime(file.modified, usegmt=True),
            ]
            for file in files
        ],
    )


def remove(session: Session, reader: Reader) -> Result:
    reader.accept_any("REMOVE", "RM")
    location, files = _matching(session, reader, "WRITE")
    for file in files:
        file.local.unlink(missing_ok=True)
    return rows(
        [("name", "VARCHAR"), ("result", "VARCHAR")],
        [[f"{location.label}/{file.path}", "removed"] for file in files],
    )


def _matching(session: Session, reader: Reader, privilege: str) -> tuple[Location, list[StagedFile]]:
    location = locate(session, reader.stage(), privilege)
    pattern = reader.options().get("PATTERN")
    reader.end()
    files = location.files()
    if isinstance(pattern, str):
        files = [file for file in files if re.fullmatch(pattern, file.path)]
    return location, files
