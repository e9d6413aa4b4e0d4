"""What a source promises of a table beyond the columns it names, and how strictly that is taken at the door.

A contract states them where the standard has a place for them, and as custom properties where it has none::

    quality:                                    # of a table: one row per business key in each file
      - {metric: duplicateValues, mustBe: 0}
    customProperties:                           # of a table: stop at a day of unusual volume (default: tell)
      - {property: unusualVolume, value: stop}
    customProperties:                           # of a column: the share of values that may not fit its type
      - {property: misfits, value: 0.2}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from open_data_contract_standard.model import DataQuality

from include.contracts.document import Document, Keys
from include.contracts.errors import suggestion
from include.contracts.reading import DropRead, Read

UnusualVolume = Literal["tell", "stop"]
MISFITS = 0.05
"""The share of a column's values that may not fit its type, where the contract gives none.

One bad date among a thousand is dirt: it lands as it came, and silver puts it into quarantine and counts it.
When one value in twenty stops fitting, the source has changed what it writes, and quarantine would swallow
a part of the day that no figure could do without.
"""


@dataclass(frozen=True)
class Promises:
    """Of one table. `one_row_per_key` holds within a file."""

    one_row_per_key: bool = False
    unusual_volume: UnusualVolume = "tell"


def table_promises(
    document: Document, at: Keys, read: Read, quality: Sequence[DataQuality] | None, volume: tuple[Keys, Any]
) -> Promises:
    """The promises of the table at ``at``; ``volume`` is where its `unusualVolume` stands, and its value."""
    volume_at, given = volume
    if given not in (None, "tell", "stop"):
        raise document.error(
            volume_at, f"unknown unusualVolume {given!r}", suggestion(given, ("tell", "stop"))
        )
    unique = False
    for index, rule in enumerate(quality or ()):
        rule_at = (*at, "quality", index)
        if rule.metric != "duplicateValues" or rule.mustBe != 0:
            raise document.error(
                rule_at, "is a rule that nothing here checks", "state `metric: duplicateValues, mustBe: 0`"
            )
        if not isinstance(read, DropRead):
            # A row may change many times in a day, and each change comes. An API sends a record twice when
            # pages move under the reader. Both are the same key twice and nothing wrong.
            raise document.error(
                rule_at,
                "only a dropped file can promise one row per key",
                "remove the rule: silver takes the latest row of each key",
            )
        unique = True
    return Promises(one_row_per_key=unique, unusual_volume=given or "tell")


def misfits(document: Document, at: Keys, given: Any) -> float:
    """The share of a column's values that may not fit its type, from its custom property at ``at``."""
    if given is None:
        return MISFITS
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
        raise document.error(at, f"misfits {given!r} is not a share", "give a number from 0 to 1")
    return float(given)
