"""A YAML file that remembers on which line each of its values stands."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from include.contracts.errors import ContractError

Keys = tuple[str | int, ...]


class Document:
    """One YAML file: ``data`` as plain Python values, and the line of each.

    Raises ContractError when the file is missing, is not YAML, is not a mapping, or names a key twice (YAML
    readers keep the last and say nothing).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            loader = yaml.CSafeLoader(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
            raise ContractError(
                path, 1, f"cannot be read ({problem})", "restore the file as UTF-8 text"
            ) from problem
        try:
            self._root = loader.get_single_node()
            self._refuse_duplicate_keys(self._root)
            self.data: Any = None if self._root is None else loader.construct_document(self._root)
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            line = mark.line + 1 if mark else 1
            raise ContractError(
                path, line, f"is not YAML ({problem.problem})", "correct the line named"
            ) from problem
        finally:
            loader.dispose()
        if not isinstance(self.data, dict):
            raise ContractError(
                path, 1, "is not a mapping of keys to values", "start from one of the other contracts"
            )

    def line(self, at: Keys = ()) -> int:
        """The line of the value at this path of keys and indexes, or of the nearest parent that exists."""
        node, line = self._root, 1
        for key in at:
            if isinstance(node, yaml.MappingNode):
                for key_node, value_node in node.value:
                    if key_node.value == key:
                        node, line = value_node, key_node.start_mark.line + 1
                        break
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
                node = node.value[key]
                line = node.start_mark.line + 1
        return line

    def error(self, at: Keys, reason: str, next_step: str) -> ContractError:
        """A ContractError on the line of the value at ``at``."""
        return ContractError(self.path, self.line(at), reason, next_step)

    def _refuse_duplicate_keys(self, node: yaml.Node | None) -> None:
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                self._refuse_duplicate_keys(item)
        elif isinstance(node, yaml.MappingNode):
            seen: dict[Hashable, int] = {}
            for key_node, value_node in node.value:
                line = key_node.start_mark.line + 1
                if key_node.value in seen:
                    first = seen[key_node.value]
                    reason = f"{key_node.value!r} is given twice, first on line {first}"
                    raise ContractError(self.path, line, reason, "keep one of the two")
                seen[key_node.value] = line
                self._refuse_duplicate_keys(value_node)
