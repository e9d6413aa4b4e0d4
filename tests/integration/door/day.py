"""A department that drops files of account reviews, and the run that reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from include.contracts import SourceContract
from include.extract.batch import Window
from include.ingest import steps
from include.ingest.owners import owner_told
from include.landing.manifest import Manifest
from tests.unit.landing.rows import contract

HEADER = "account_id,reviewed_at,decision,reviewer,reason"
MOMENT = "2026-11-18T09:30:00-05:00"


def line(account: str, moment: str = MOMENT, reviewer: str = "R. Eviewer", reason: str = "periodic") -> str:
    return f"{account},{moment},clear,{reviewer},{reason}"


def lines(count: int, **fields: str) -> list[str]:
    return [line(f"A{number:07}", **fields) for number in range(count)]


@dataclass
class Department:
    """Drops files into `folder` and reads the Slack `channel`."""

    folder: Path
    channel: str

    @property
    def contract(self) -> SourceContract:
        return replace(contract(), channel=self.channel)

    def drop(self, day: str, rows: Sequence[str], header: str = HEADER) -> None:
        """The day's file with its checksum; an earlier one is replaced."""
        file = self.folder / f"account_reviews_{day}.csv"
        file.write_text("\n".join([header, *rows]) + "\n", "utf-8-sig")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        (self.folder / f"{file.name}.sha256").write_text(f"{digest}  {file.name}\n")

    def let_in(self, day: str, run_id: str = "", contract: SourceContract | None = None) -> Manifest:
        """Extract and admit, as the DAG's tasks do. Raises what stops them."""
        source, run_id, window = contract or self.contract, run_id or f"scheduled__{day}", Window.of(day)
        with owner_told(source, day, run_id):
            manifest = steps.extract(source, window, run_id)
        manifest = Manifest.from_json(json.loads(json.dumps(manifest.to_json())))
        with owner_told(source, day, run_id):
            steps.admit(source, window, manifest)
        return manifest

    def run(self, day: str, run_id: str = "", contract: SourceContract | None = None) -> dict[str, int]:
        """A whole run; the rows added per table."""
        source = contract or self.contract
        manifest = self.let_in(day, run_id, source)
        added = steps.load(source, manifest)
        steps.audit(source, manifest, manifest.run_id)
        steps.confirm(source, manifest)
        return added
