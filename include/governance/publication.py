"""Publish the checked candidate as gold, all tables at one moment, and undo it.

One statement changes what readers see: ``alter schema gold swap with gold_candidate``. What comes before it
makes the candidate fit to be gold, what comes after it tidies up, and both can be repeated: a rerun after a
kill at any point finds in the markers (gold_sets.py) and in the record how far the last one came.

``python -m include.governance.publication undo`` puts the previous set back; again, and it is undone.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Literal

from include.governance import grants, record
from include.governance.fingerprint import TableFingerprint, fingerprints
from include.governance.gold_sets import (
    CANDIDATE,
    GOLD,
    NOTHING_YET,
    PREVIOUS,
    Cursor,
    Marker,
    NotPublishable,
    ensure_sets,
    open_candidate,
    read_marker,
    require_candidate,
    seal_candidate,
    write_marker,
)
from include.governance.versions import GoldModels, built_with
from include.warehouse.session import Warehouse

Action = Literal["published", "unchanged", "undone"]


@dataclass(frozen=True)
class Publication:
    """What a publication did, and what gold holds since."""

    action: Action
    sequence: int
    partition: date | None
    tables: tuple[TableFingerprint, ...]

    def as_detail(self) -> dict[str, Any]:
        """For the run's evidence."""
        return {"action": self.action, "set": self.sequence, "tables": {t.name: t.rows for t in self.tables}}


def published_partition(cursor: Cursor) -> date | None:
    """The day that gold speaks of now; None before the first publication."""
    return _marker(cursor, GOLD).partition


def settle(cursor: Cursor) -> Publication | None:
    """Finish a publication or an undo that was cut short after its swap. None if there was none.

    Call it before anything that writes to the candidate: until a publication is finished, the set it replaced
    is there and nowhere else.
    """
    ensure_sets(cursor)
    gold = _marker(cursor, GOLD)
    if gold.sequence == record.current_sequence(cursor):
        return None
    return _finish(cursor, gold, "undone" if record.was_published(cursor, gold) else "published")


def begin(cursor: Cursor, partition: date, run_id: str) -> None:
    """Open the candidate for a build for ``partition``; what it held may not be published any more."""
    settle(cursor)
    open_candidate(cursor, partition, run_id)


def release(cursor: Cursor, partition: date, run_id: str) -> None:
    """Let the candidate be published: it is complete and its checks have passed."""
    models = GoldModels.deployed()
    seal_candidate(cursor, partition, run_id, models.names, built_with(models))


def publish(cursor: Cursor, partition: date, run_id: str) -> Publication:
    """Make the checked candidate gold.

    A candidate that equals gold in every row and column and was built by the same models changes nothing:
    readers keep the set they have and the previous set stays the previous one.

    Raises:
        NotPublishable: the candidate is missing, speaks of another day or of one before gold's, or was not
            checked since it was built.
    """
    if (finished := settle(cursor)) and finished.action == "published" and finished.partition == partition:
        return finished
    gold, candidate = _marker(cursor, GOLD), require_candidate(cursor, partition)
    if not candidate.checked:
        raise NotPublishable(
            f"{CANDIDATE} was built by run {candidate.run_id} and not checked since; add the stage checks"
        )
    if gold.partition and partition < gold.partition:
        raise NotPublishable(f"gold holds {gold.partition} already; it is never set back to {partition}")
    held, offered = fingerprints(cursor, GOLD), fingerprints(cursor, CANDIDATE)
    same_build = (gold.partition, gold.versions.get("models")) == (
        partition,
        candidate.versions.get("models"),
    )
    if held == offered and same_build:
        return _finish(cursor, replace(gold, run_id=run_id, versions=candidate.versions), "unchanged")
    highest = max(marker.sequence or 0 for marker in (gold, candidate, _marker(cursor, PREVIOUS)))
    write_marker(cursor, CANDIDATE, replace(candidate, sequence=highest + 1, replaces=gold.sequence))
    grants.copy(cursor, GOLD, CANDIDATE)
    cursor.execute(f"alter schema {GOLD} swap with {CANDIDATE}")
    return _finish(cursor, _marker(cursor, GOLD), "published")


def undo(cursor: Cursor) -> Publication:
    """Put the previous set back in one statement. What was undone becomes the previous set.

    An undo that was cut short is finished instead of begun again.

    Raises:
        NotPublishable: there is no earlier set.
    """
    if (finished := settle(cursor)) and finished.action == "undone":
        return finished
    if not _marker(cursor, PREVIOUS).sequence:
        raise NotPublishable(f"{PREVIOUS} holds no published set: there is nothing to go back to")
    grants.copy(cursor, GOLD, PREVIOUS)
    cursor.execute(f"alter schema {GOLD} swap with {PREVIOUS}")
    return _finish(cursor, _marker(cursor, GOLD), "undone")


def _finish(cursor: Cursor, gold: Marker, action: Action) -> Publication:
    """Everything that follows the swap; each step looks whether it was done."""
    replaced = _marker(cursor, CANDIDATE).sequence
    if action == "published" and replaced == gold.replaces != _marker(cursor, PREVIOUS).sequence:
        cursor.execute(f"alter schema {CANDIDATE} swap with {PREVIOUS}")
    grants.withdraw(cursor, PREVIOUS)
    if action != "undone" or replaced is not None:
        # The next candidate starts from what is published, so that a stage rerun alone finds every table.
        # Only an undo may meet a candidate that is being built: that one stays.
        cursor.execute(f"create or replace schema {CANDIDATE} clone {GOLD}")
    held = fingerprints(cursor, GOLD)
    record.write(cursor, action, gold, held)
    return Publication(action, gold.sequence or 0, gold.partition, held)


def _marker(cursor: Cursor, schema: str) -> Marker:
    return read_marker(cursor, schema) or replace(NOTHING_YET, sequence=None)


def main() -> None:
    """Command line: ``undo`` the last publication."""
    parser = argparse.ArgumentParser(
        prog="python -m include.governance.publication", description=undo.__doc__
    )
    parser.add_argument("command", choices=["undo"])
    parser.parse_args()
    with Warehouse().cursor() as cursor:
        done = undo(cursor)
    print(f"gold is set {done.sequence} for {done.partition} again: {', '.join(t.name for t in done.tables)}")  # noqa: T201


if __name__ == "__main__":
    main()
