"""Publishing gold: all at once, never half, never back in time, and safe to kill anywhere."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from include.governance import gold_sets, publication
from include.governance.gold_sets import NotPublishable
from include.warehouse.session import Warehouse

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
MODELS = frozenset({"dim_customer", "fct_journey_event"})
VERSIONS = {"code": "abc", "models": "m1", "contracts": {"kyc": "1.0.0"}}


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


def build(cursor: Any, partition: date, customers: int, *, run: str = "run", models: str = "m1") -> None:
    """What the stages gold and checks leave: a candidate of two tables that agree, released."""
    publication.begin(cursor, partition, run)
    for table in MODELS:
        cursor.execute(
            f"create or replace table gold_candidate.{table} as "
            f"select seq as id, '{partition}'::date as as_of from "
            f"(select row_number() over (order by 1) as seq from table(generator(rowcount => {customers})))"
        )
    gold_sets.seal_candidate(cursor, partition, run, MODELS, {**VERSIONS, "models": models})


def release_and_publish(cursor: Any, partition: date, customers: int, **build_options: str) -> Any:
    build(cursor, partition, customers, **build_options)
    return publication.publish(cursor, partition, build_options.get("run", "run"))


def customers_in(cursor: Any, schema: str) -> int:
    cursor.execute(f"select count(*) from {schema}.dim_customer")
    return int(cursor.fetchone()[0])


def recorded(cursor: Any) -> list[tuple[str, int, date]]:
    cursor.execute("select action, sequence, partition_key from governance.publication order by entry")
    return [(action, int(sequence), partition) for action, sequence, partition in cursor.fetchall()]


def state(cursor: Any) -> dict[str, Any]:
    """All that a later run or a reader can see of a publication, without times."""
    seen: dict[str, Any] = {"record": recorded(cursor)}
    for schema in ("gold", "gold_previous", "gold_candidate"):
        held = gold_sets.tables(cursor, schema)
        marker = gold_sets.read_marker(cursor, schema)
        seen[schema] = (
            marker and marker.sequence,
            sorted(held),
            "dim_customer" in held and customers_in(cursor, schema),
        )
    return seen


def test_what_was_built_becomes_gold_and_what_was_gold_is_kept(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    done = release_and_publish(cursor, TUESDAY, 2)
    assert (done.action, done.partition) == ("published", TUESDAY)
    assert {table.name: table.rows for table in done.tables} == dict.fromkeys(MODELS, 2)
    assert (customers_in(cursor, "gold"), customers_in(cursor, "gold_previous")) == (2, 1)
    assert publication.published_partition(cursor) == TUESDAY
    assert recorded(cursor) == [("published", 1, MONDAY), ("published", 2, TUESDAY)]


def test_the_same_day_again_with_the_same_result_leaves_gold_and_the_undo_set_alone(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    release_and_publish(cursor, TUESDAY, 2, run="first")
    before = gold_sets.read_marker(cursor, "gold")
    again = release_and_publish(cursor, TUESDAY, 2, run="second")
    assert again.action == "unchanged"
    assert gold_sets.read_marker(cursor, "gold") == before
    assert customers_in(cursor, "gold_previous") == 1


def test_the_same_data_from_other_models_is_published(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    assert release_and_publish(cursor, MONDAY, 1, models="m2").action == "published"


def test_publish_again_without_a_new_candidate_changes_nothing(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    assert publication.publish(cursor, MONDAY, "later").action == "unchanged"
    assert customers_in(cursor, "gold") == 1


def test_an_unchecked_candidate_is_refused(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    publication.begin(cursor, TUESDAY, "half-built")
    with pytest.raises(NotPublishable, match="half-built and not checked since; add the stage checks"):
        publication.publish(cursor, TUESDAY, "run")
    assert customers_in(cursor, "gold") == 1


def test_a_candidate_of_another_day_is_refused(cursor: Any) -> None:
    build(cursor, MONDAY, 1)
    with pytest.raises(NotPublishable, match="holds 2026-11-16, not 2026-11-17"):
        publication.publish(cursor, TUESDAY, "run")


def test_gold_never_goes_back_in_time(cursor: Any) -> None:
    release_and_publish(cursor, TUESDAY, 2)
    build(cursor, MONDAY, 1)
    with pytest.raises(NotPublishable, match="gold holds 2026-11-17 already"):
        publication.publish(cursor, MONDAY, "run")


def test_a_table_whose_model_is_gone_is_not_published(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    cursor.execute("create table gold_candidate.dim_retired as select 1 as id")
    build(cursor, TUESDAY, 2)
    publication.publish(cursor, TUESDAY, "run")
    assert set(gold_sets.tables(cursor, "gold")) == MODELS


def test_a_build_that_stops_half_way_does_not_pass_for_a_whole_one(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    publication.begin(cursor, TUESDAY, "run")
    cursor.execute("create table gold_candidate.dim_customer as select 1 as id")
    with pytest.raises(NotPublishable, match="lacks fct_journey_event"):
        gold_sets.seal_candidate(cursor, TUESDAY, "run", MODELS, VERSIONS)


def test_a_missing_table_a_strange_one_and_a_view_are_refused(cursor: Any) -> None:
    publication.begin(cursor, MONDAY, "run")
    cursor.execute("create table gold_candidate.dim_customer as select 1 as id")
    with pytest.raises(NotPublishable, match="lacks fct_journey_event"):
        gold_sets.seal_candidate(cursor, MONDAY, "run", MODELS, VERSIONS)
    cursor.execute(
        "create view gold_candidate.fct_journey_event as select id from gold_candidate.dim_customer"
    )
    with pytest.raises(
        NotPublishable, match="fct_journey_event in gold_candidate: a view cannot be published"
    ):
        gold_sets.seal_candidate(cursor, MONDAY, "run", MODELS, VERSIONS)


def test_readers_keep_their_access_and_only_to_gold(cursor: Any) -> None:
    publication.settle(cursor)
    cursor.execute("create role if not exists analyst")
    cursor.execute("grant usage on schema gold to role analyst")
    for day, customers in ((MONDAY, 1), (TUESDAY, 2)):
        release_and_publish(cursor, day, customers)
    publication.undo(cursor)
    assert readers(cursor, "schema gold") == {("USAGE", "ANALYST")}
    assert ("SELECT", "ANALYST") in readers(cursor, "table gold.dim_customer")
    assert not readers(cursor, "schema gold_previous")
    assert not readers(cursor, "schema gold_candidate")


def test_who_builds_gold_keeps_the_right_to(cursor: Any) -> None:
    publication.settle(cursor)
    cursor.execute("create role if not exists transformer")
    cursor.execute("grant usage, create table on schema gold to role transformer")
    release_and_publish(cursor, MONDAY, 1)
    cursor.execute("show grants on schema gold_previous")
    assert {"USAGE", "CREATE TABLE"} <= {row[1] for row in cursor.fetchall() if row[5] == "TRANSFORMER"}


def readers(cursor: Any, what: str) -> set[tuple[str, str]]:
    cursor.execute(f"show grants on {what}")
    return {(row[1], row[5]) for row in cursor.fetchall() if row[5] == "ANALYST"}


def test_undo_puts_the_previous_set_back_and_undo_again_the_later_one(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    release_and_publish(cursor, TUESDAY, 2)
    assert publication.undo(cursor).partition == MONDAY
    assert customers_in(cursor, "gold") == 1
    assert publication.undo(cursor).partition == TUESDAY
    assert customers_in(cursor, "gold") == 2


def test_what_was_undone_is_not_published_again_by_itself(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    release_and_publish(cursor, TUESDAY, 2)
    publication.undo(cursor)
    with pytest.raises(NotPublishable, match="holds 2026-11-16, not 2026-11-17"):
        publication.publish(cursor, TUESDAY, "run")
    release_and_publish(cursor, TUESDAY, 3)
    assert (customers_in(cursor, "gold"), customers_in(cursor, "gold_previous")) == (3, 1)


def test_there_is_nothing_to_undo_after_the_first_publication(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    with pytest.raises(NotPublishable, match="nothing to go back to"):
        publication.undo(cursor)


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


def test_a_reader_sees_the_old_set_or_the_new_one_and_nothing_else(cursor: Any) -> None:
    release_and_publish(cursor, MONDAY, 1)
    seen: list[tuple[int, int, str, str]] = []
    failures: list[Exception] = []
    stop, started = threading.Event(), threading.Event()

    def read() -> None:
        with Warehouse().cursor() as reader:
            while not stop.is_set():
                try:
                    reader.execute(
                        "select (select count(*) from gold.dim_customer), "
                        "(select count(*) from gold.fct_journey_event), "
                        "(select max(as_of)::varchar from gold.dim_customer), "
                        "(select max(as_of)::varchar from gold.fct_journey_event)"
                    )
                    seen.append(reader.fetchone())
                except Exception as error:  # the reader's error is the test's finding
                    failures.append(error)
                started.set()

    thread = threading.Thread(target=read)
    thread.start()
    started.wait(30)
    try:
        for customers in range(2, 8):
            release_and_publish(cursor, TUESDAY, customers)
    finally:
        stop.set()
        thread.join()
    assert not failures
    assert len(set(seen)) > 1, "the reader saw no publication happen"
    assert all(left == right and day == other for left, right, day, other in seen)
    assert seen == sorted(seen)
