"""YAML as this repository writes it."""

from __future__ import annotations

from typing import Any

import yaml


class Indented(yaml.SafeDumper):
    """Indents list items below their key, and writes equal values out where they stand."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 - the base's name
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the base's name
        return True
