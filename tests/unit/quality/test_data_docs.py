"""Where reports are kept and how a person gets to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.quality.data_docs import Report, root


def test_an_airflow_run_id_makes_a_folder_that_needs_no_quoting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DOCS_PATH", str(tmp_path))
    report = Report.of("silver", "manual__2026-11-19T05:00:00+00:00")
    assert report.folder == tmp_path / "silver" / "manual__2026-11-19T05-00-00-00-00"


def test_a_served_folder_is_linked_by_its_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DOCS_PATH", str(tmp_path))
    monkeypatch.setenv("DATA_DOCS_URL", "https://docs.example.org/quality/")
    assert Report.of("gold", "r1").address == "https://docs.example.org/quality/gold/r1/index.html"


def test_a_folder_that_is_not_served_is_linked_as_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DOCS_PATH", str(tmp_path))
    monkeypatch.delenv("DATA_DOCS_URL", raising=False)
    assert Report.of("gold", "r1").address == (tmp_path / "gold/r1/index.html").as_uri()


def test_without_a_setting_reports_are_in_airflows_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATA_DOCS_PATH", raising=False)
    monkeypatch.setenv("AIRFLOW_HOME", "/opt/airflow")
    assert root() == Path("/opt/airflow/data_docs")
