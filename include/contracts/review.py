"""Whether a person has looked at a contract: a drafted one says what was guessed, and is not loaded.

`make contract-from-postgres` writes `status: draft` and tags what it had to guess with `unreviewed`: the
contract itself (owner, deadline, purpose), its tables, its columns (classification, description). Who has
confirmed a guess removes its tag; a contract without tags may be made active.
"""

from __future__ import annotations

from collections.abc import Iterator

from open_data_contract_standard.model import OpenDataContractStandard

from include.contracts.document import Document, Keys

ACTIVE = "active"
DRAFT = "draft"
UNREVIEWED = "unreviewed"


def refuse_unreviewed(document: Document, model: OpenDataContractStandard) -> None:
    """Raises ContractError where a contract is not active, or is and still holds a guess."""
    if model.status != ACTIVE:
        raise document.error(
            ("status",),
            f"status is {model.status!r}: nothing is loaded from a contract that nobody has reviewed",
            f"confirm what is tagged {UNREVIEWED!r}, remove those tags, and write `status: {ACTIVE}`",
        )
    for at, what in _guesses(model):
        raise document.error(
            (*at, "tags"),
            f"what it says of {what} is a guess that nobody has confirmed",
            f"correct it where it is wrong and remove the tag {UNREVIEWED!r}",
        )


def _guesses(model: OpenDataContractStandard) -> Iterator[tuple[Keys, str]]:
    parts: list[tuple[Keys, str, list[str] | None]] = [
        ((), "owner, channel, deadline and purpose", model.tags)
    ]
    for index, table in enumerate(model.schema_ or ()):
        at: Keys = ("schema", index)
        parts.append((at, f"table {table.name}", table.tags))
        for position, column in enumerate(table.properties or ()):
            what = f"classification and description of {table.name}.{column.name}"
            parts.append(((*at, "properties", position), what, column.tags))
    for at, what, tags in parts:
        if UNREVIEWED in (tags or ()):
            yield at, what
