"""A draft of a contract, and what its review leaves of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.contracts import SourceContract, load_source
from include.extract.drafting.__main__ import main


def drafted(
    monkeypatch: pytest.MonkeyPatch, dsn: str, folder: Path, *tables: str, name: str = "web_shop"
) -> SourceContract:
    """The contract that `make contract-from-postgres` writes of this database."""
    monkeypatch.setenv("DSN", dsn)
    arguments = [name, *tables, "--owner", "shop-team", "--channel", "#shop", "--folder", str(folder)]
    assert main(arguments) == 0
    return load_source(folder / f"{name}.yaml", draft=True)


def reviewed(path: Path) -> SourceContract:
    """What a person does to a draft, without the thinking."""
    text = path.read_text().replace("status: draft", "status: active")
    for indent in ("", "    ", "        "):
        text = text.replace(f"\n{indent}tags:\n{indent}  - unreviewed\n", "\n")
    path.write_text(text)
    return load_source(path)
