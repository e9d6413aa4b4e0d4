"""A publication or an undo that is killed anywhere is completed by its rerun."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from include.governance import publication
from tests.integration.medallion.sets import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    build,
    customers_in,
    recorded,
    release_and_publish,
    state,
)


class Killed(BaseException):
    """Stands for SIGKILL: nothing that the code under test catches."""


class MortalCursor:
    """A session that dies right after its n-th statement that changes something."""

    def __init__(self, cursor: Any, changes: int) -> None:
        self._cursor, self._left = cursor, changes

    def execute(self, command: str, params: tuple[Any, ...] = ()) -> Any:
        self._cursor.execute(command, params)
        if not command.lstrip().lower().startswith(("select", "show", "create schema if", "create table if")):
            self._left -= 1
            if self._left == 0:
                raise Killed

    def fetchone(self) -> Any:
        return self._cursor.fetchone()

    def fetchall(self) -> Any:
        return self._cursor.fetchall()


def kill_everywhere(cursor: Any, prepare: Callable[[], None], act: Callable[[Any], Any]) -> Iterator[int]:
    """Let ``act`` die after its first, second, ... change; yields with the warehouse as the kill left it."""
    for changes in range(1, 100):
        for schema in ("gold", "gold_candidate", "gold_previous", "governance"):
            cursor.execute(f"drop schema if exists {schema} cascade")
        prepare()
        try:
            act(MortalCursor(cursor, changes))
        except Killed:
            yield changes
        else:
            return


def test_a_publication_killed_anywhere_is_completed_by_its_rerun(cursor: Any) -> None:
    def prepare() -> None:
        release_and_publish(cursor, MONDAY, 1)
        build(cursor, TUESDAY, 2)

    prepare()
    publication.publish(cursor, TUESDAY, "run")
    undisturbed = state(cursor)
    kills = 0
    for kills in kill_everywhere(cursor, prepare, lambda mortal: publication.publish(mortal, TUESDAY, "run")):
        assert customers_in(cursor, "gold") in (1, 2)
        publication.publish(cursor, TUESDAY, "run")
        after = state(cursor)
        after["record"] = [entry for entry in after["record"] if entry[0] != "unchanged"]
        assert numbered_anew(after) == numbered_anew(undisturbed), f"killed after change {kills}"
    assert kills >= 5


def test_a_new_build_after_a_killed_publication_keeps_the_set_that_was_replaced(cursor: Any) -> None:
    def prepare() -> None:
        release_and_publish(cursor, MONDAY, 1)
        build(cursor, TUESDAY, 2)

    for kills in kill_everywhere(cursor, prepare, lambda mortal: publication.publish(mortal, TUESDAY, "run")):
        swapped = customers_in(cursor, "gold") == 2
        release_and_publish(cursor, WEDNESDAY, 3)
        assert customers_in(cursor, "gold") == 3
        assert customers_in(cursor, "gold_previous") == (2 if swapped else 1), f"killed after change {kills}"


def test_an_undo_killed_anywhere_is_completed_and_not_reverted_by_its_rerun(cursor: Any) -> None:
    def prepare() -> None:
        release_and_publish(cursor, MONDAY, 1)
        release_and_publish(cursor, TUESDAY, 2)

    for kills in kill_everywhere(cursor, prepare, publication.undo):
        finished = recorded(cursor)[-1][0] == "undone"
        if not finished:
            publication.undo(cursor)
        assert customers_in(cursor, "gold") == 1, f"killed after change {kills}"
        assert customers_in(cursor, "gold_previous") == 2
        assert recorded(cursor)[-1] == ("undone", 1, MONDAY)


def numbered_anew(seen: dict[str, Any]) -> dict[str, Any]:
    """A publication that was cut short before its swap leaves a gap in the numbers of sets: close it."""
    numbers = sorted(
        {entry[1] for entry in seen["record"]} | {seen[s][0] or 0 for s in ("gold", "gold_previous")}
    )
    order = {number: index for index, number in enumerate(numbers)}
    closed = {schema: (order[seen[schema][0]], *seen[schema][1:]) for schema in ("gold", "gold_previous")}
    return {
        "record": [(action, order[sequence], day) for action, sequence, day in seen["record"]],
        "candidate equals gold": seen["gold_candidate"][1:] == seen["gold"][1:],
        **closed,
    }
