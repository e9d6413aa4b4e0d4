"""Finds keys of a YAML file that its pydantic model does not have.

Most of the standard's models ignore what they do not know, so a misspelt key would be lost without a word.
"""

from __future__ import annotations

import types
import typing
from typing import Any

import pydantic

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion


def refuse_unknown_keys(document: Document, at: Keys, value: Any, annotation: Any) -> None:
    """Raises ContractError at the first key below ``value`` that the type it stands for does not have."""
    if isinstance(value, list):
        for item_type in (arg for arg in _alternatives(annotation) if typing.get_origin(arg) is list):
            for index, item in enumerate(value):
                refuse_unknown_keys(document, (*at, index), item, typing.get_args(item_type)[0])
    elif isinstance(value, dict):
        for model in _alternatives(annotation):
            if isinstance(model, type) and issubclass(model, pydantic.BaseModel):
                known = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
                for key, item in value.items():
                    if key not in known:
                        raise document.error((*at, key), f"unknown key {key!r}", suggestion(key, known))
                    refuse_unknown_keys(document, (*at, key), item, known[key])


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the annotation alone."""
    union = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    return typing.get_args(annotation) if union else (annotation,)
