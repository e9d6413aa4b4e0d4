"""Publishing gold: all at once, never half, never back in time."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from include.governance import gold_sets, publication
from include.governance.gold_sets import NotPublishable
from include.warehouse.session import Warehouse
from tests.integration.medallion.sets import (
    MODELS,
    MONDAY,
    TUESDAY,
    VERSIONS,
    build,
    customers_in,
    recorded,
    release_and_publish,
)


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
