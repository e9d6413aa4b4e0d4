"""Data Docs: one report per checkpoint run, and a page that lists them."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext

    from include.quality.checkpoints import CheckpointSummary

SITE = "run"
LISTED = 200
OUTCOME = "outcome.json"


def root() -> Path:
    """Where reports are kept: ``DATA_DOCS_PATH``, or ``data_docs`` in Airflow's home."""
    default = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser() / "data_docs"
    return Path(os.environ.get("DATA_DOCS_PATH") or default)


@dataclass(frozen=True)
class Report:
    """The report of one checkpoint run, a folder of static pages."""

    folder: Path
    run_name: str

    @classmethod
    def of(cls, checkpoint: str, run_name: str) -> Report:
        """The report of ``checkpoint`` under ``run_name``; both become folder names."""
        safe = re.sub(r"[^\w.-]+", "-", run_name)
        return cls(folder=root() / checkpoint / safe, run_name=safe)

    @property
    def address(self) -> str:
        """Where a person opens it: under ``DATA_DOCS_URL`` when the folder is served, else the file."""
        page = self.folder.resolve() / "index.html"
        base = os.environ.get("DATA_DOCS_URL")
        return f"{base.rstrip('/')}/{page.relative_to(root().resolve())}" if base else page.as_uri()

    def attach(self, context: EphemeralDataContext) -> None:
        """Have ``context`` render into this report's folder."""
        site: Any = {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(self.folder.resolve()),
            },
            "show_how_to_buttons": False,
        }
        context.add_data_docs_site(SITE, site)

    def write(self, context: EphemeralDataContext, summary: CheckpointSummary) -> None:
        """Render the pages and put the run on the list."""
        context.build_data_docs(site_names=[SITE])
        self._share_static_files()
        outcome = {
            "checkpoint": summary.name,
            "run": summary.run_name,
            "checked_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "expectations": summary.expectations,
            "failed": len(summary.failures),
        }
        (self.folder / OUTCOME).write_text(json.dumps(outcome))
        _write_index()

    def _share_static_files(self) -> None:
        """Every report brings the same 4 MB of fonts and pictures: keep them once."""
        own, shared = self.folder / "static", root() / "static"
        if own.is_symlink() or not own.exists():
            return
        if shared.exists():
            shutil.rmtree(own)
        else:
            own.rename(shared)
        own.symlink_to(os.path.relpath(shared, self.folder))


def _write_index() -> None:
    rows = "\n".join(_row(folder, outcome) for folder, outcome in _latest_outcomes())
    page = (
        "<!doctype html><meta charset='utf-8'><title>Data Docs</title>"
        "<style>body{font:15px system-ui;margin:2em}td,th{padding:.3em 1em;text-align:left}"
        ".failed{color:#b00020}</style><h1>Checkpoint runs</h1>"
        f"<p>The latest {LISTED}, newest first.</p><table><tr><th>checked at (UTC)<th>checkpoint<th>run"
        f"<th>expectations<th>failed</tr>\n{rows}\n</table>\n"
    )
    # Checkpoints of several DAGs end at the same time: each writes its own file, the last one stands whole.
    fresh = root() / f"index.{os.getpid()}.new"
    fresh.write_text(page)
    fresh.replace(root() / "index.html")


def _latest_outcomes() -> Iterator[tuple[Path, dict[str, Any]]]:
    files = sorted(root().glob(f"*/*/{OUTCOME}"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in files[:LISTED]:
        yield file.parent, json.loads(file.read_text())


def _row(folder: Path, outcome: dict[str, Any]) -> str:
    link = html.escape(f"{folder.relative_to(root())}/index.html")
    shown = [
        html.escape(str(outcome[key]))
        for key in ("checked_at", "checkpoint", "run", "expectations", "failed")
    ]
    shown[2] = f"<a href='{link}'>{shown[2]}</a>"
    cells = "".join(f"<td>{cell}" for cell in shown)
    return f"<tr class='{'failed' if outcome['failed'] else 'passed'}'>{cells}</tr>"
