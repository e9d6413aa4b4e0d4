"""Scores tell a warehouse that answers as the bank would from one that is wrong in one place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from include.sandbox.bank.life import history, live
from include.sandbox.bank.spec import WorldSpec
from include.sandbox.bank.truth import party_ids
from include.sandbox.bank.truth.identity import AMBIGUOUS, LINKED, UNKNOWN, who_is_who
from include.sandbox.bank.truth.instants import active_through, judged_instants, loaded_books
from include.sandbox.bank.truth.sessions import sessions
from include.sandbox.bank.truth.stages import NOT_REACHED, stages
from include.sandbox.bank.world import World
from include.sandbox.scores import Score, scores
from include.sandbox.scores.identity import compared

Rows = list[list[Any]]
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- the warehouse's timestamps have no zone


@cache
def world() -> World:
    made = history(WorldSpec(dt.date(2026, 11, 10), people=300, history_days=45))
    live(made, made.last_lived + 1)
    return made


def moment(instant: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=instant)


def party(row: int) -> str | None:
    return party_ids(np.array([row]))[0] if row >= 0 else None


class Answers:
    """What a warehouse without a fault would say; a test makes one wrong."""

    def __init__(self) -> None:
        self.links: Rows = [
            [found.records.source_system, found.records.record_type, record, party(row)]
            for found in who_is_who(world())
            for record, row in zip(found.records.ids, found.party.tolist(), strict=True)
        ]
        self.active: Rows = _stretches()
        self.stages: Rows = [
            [party(row), name, moment(int(reached[row]))]
            for name, reached in vars(stages(world())).items()
            for row in np.flatnonzero(reached != NOT_REACHED).tolist()
        ]
        found = sessions(world())
        self.events: Rows = [
            [count, f"{least:016x}", f"{greatest:016x}"]
            for count, least, greatest in zip(
                found.events.tolist(), found.least_id.tolist(), found.greatest_id.tolist(), strict=True
            )
        ]
        self.sessions: Rows = [
            [party(row), moment(start), moment(end), count, saw]
            for row, start, end, count, saw in zip(
                found.party.tolist(),
                found.started_at.tolist(),
                found.ended_at.tolist(),
                found.events.tolist(),
                found.saw_main_page.tolist(),
                strict=True,
            )
        ]

    def __call__(self, query: str, **_: object) -> Rows:
        return next(
            rows
            for table, rows in (
                ("int_identity__link", self.links),
                ("dim_customer", self.active),
                ("fct_customer_stage", self.stages),
                ("int_session__event", self.events),
                ("fct_session", self.sessions),
            )
            if table in query
        )

    def scored(self) -> dict[str, Score]:
        return {score.title: score for score in scores(world(), self)}


def _stretches() -> Rows:
    """Stretches that hold at every judged instant, begun and ended anywhere between two of them."""
    instants = np.unique(np.concatenate(judged_instants(world())))
    rows: Rows = []
    since = np.full(len(world().party), -1)
    before = int(instants[0]) - 1
    for instant, active in zip(
        instants.tolist(), active_through(loaded_books(world()), instants), strict=True
    ):
        since[active & (since < 0)] = before + 1
        for row in np.flatnonzero(~active & (since >= 0)).tolist():
            rows.append([party(row), moment(int(since[row])), moment(before + 1)])
            since[row] = -1
        before = instant
    end = dt.datetime(9999, 12, 31)  # noqa: DTZ001
    return rows + [[party(row), moment(int(since[row])), end] for row in np.flatnonzero(since >= 0).tolist()]


@pytest.fixture
def answers() -> Answers:
    return Answers()


def test_a_warehouse_that_answers_as_the_bank_would_has_no_fault(answers: Answers) -> None:
    found = answers.scored()
    assert list(found) == ["identity", "activity", "stages", "sessions"]
    assert {score.fault for score in found.values()} == {""}
    assert "precision 1.0000" in found["identity"].text
    assert all("exact" in found[title].text for title in ("activity", "stages", "sessions"))


def test_one_record_linked_to_another_person_lowers_precision(answers: Answers) -> None:
    before = compared(world(), answers)
    wrong = next(row for row in answers.links if row[1] == "contact" and row[3])
    wrong[3] = next(row[3] for row in answers.links if row[3] and row[3] != wrong[3])
    after = compared(world(), answers)
    assert after.links == before.links
    assert after.precision == pytest.approx(1 - 1 / before.links)
    assert after.found == before.found - 1
    assert after.unexplained == [
        f"{wrong[0]} contact {wrong[2]} is {wrong[3]}, should be {before_link(wrong[2])}"
    ]
    assert "precision" in answers.scored()["identity"].fault


def before_link(record_id: str) -> str | None:
    """The party that a contact of the marketing platform names."""
    return party(int(world().contact["party"][int(record_id[1:]) - 1]))


def test_a_link_not_made_lowers_recall_and_is_not_explained(answers: Answers) -> None:
    before = compared(world(), answers)
    next(row for row in answers.links if row[3])[3] = None
    after = compared(world(), answers)
    assert (after.precision, after.found, after.findable) == (1.0, before.found - 1, before.findable)
    assert len(after.unexplained) == 1
    assert "not linked as clause 1.2 has it" in answers.scored()["identity"].fault


def test_records_without_a_known_key_are_no_misses_and_ambiguous_ones_are(answers: Answers) -> None:
    ends = dict.fromkeys(range(4), 0)
    for found in who_is_who(world()):
        for end in ends:
            ends[end] += int((found.is_customer & (found.end == end)).sum())
    figures = compared(world(), answers)
    assert figures.ambiguous == ends[AMBIGUOUS] > 0
    assert figures.findable == ends[LINKED] + ends[AMBIGUOUS]
    assert figures.keyless == sum(ends.values()) - figures.findable > ends[UNKNOWN] > 0


def test_a_guess_between_two_people_is_a_fault_even_where_it_is_right(answers: Answers) -> None:
    truth = next(found for found in who_is_who(world()) if (found.end == AMBIGUOUS).any())
    place = int(np.flatnonzero(truth.end == AMBIGUOUS)[0])
    person = truth.records.person[place]
    row = next(
        row
        for row in answers.links
        if row[1] == truth.records.record_type and row[2] == truth.records.ids[place]
    )
    row[3] = party(int(np.flatnonzero(world().party["person"] == person)[0]))
    figures = compared(world(), answers)
    assert figures.precision == 1.0
    assert len(figures.unexplained) == 1


def test_a_record_that_is_missing_and_one_that_nobody_wrote_are_faults(answers: Answers) -> None:
    answers.links.pop()
    answers.links.append(["nps", "response", "999", None])
    fault = answers.scored()["identity"].fault
    assert "1 records missing in silver" in fault
    assert "1 records are not the bank's" in fault


def test_one_customer_who_lapses_a_microsecond_too_early_is_found_at_a_day_end(answers: Answers) -> None:
    end = int(judged_instants(world())[0][3])
    row = next(row for row in answers.active if row[1] < moment(end) < row[2])
    answers.active += [[row[0], moment(end + 1), row[2]]]
    row[2] = moment(end)
    fault = answers.scored()["activity"].fault
    assert f"1 customers differ at day ends, such as {row[0]} at " in fault


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.pop(),
        lambda rows: rows[0].__setitem__(2, rows[0][2] + dt.timedelta(microseconds=1)),
        lambda rows: rows.append([rows[0][0], "retained", rows[0][2]]),
    ],
)
def test_a_stage_missing_shifted_or_made_up_is_one_customers(
    answers: Answers, change: Callable[[Rows], object]
) -> None:
    change(answers.stages)
    assert "stages: 1 customers differ, such as P" in answers.scored()["stages"].fault


def test_a_session_cut_in_two_is_one_missing_and_two_that_are_none(answers: Answers) -> None:
    place = next(place for place, row in enumerate(answers.events) if row[0] > 2)
    _, least, greatest = answers.events.pop(place)
    answers.events += [[1, least, least], [1, greatest, greatest]]
    assert answers.scored()["sessions"].fault == "sessions: events together: 1 missing, 2 that are none"


def test_a_session_of_somebody_else_is_found_among_the_published(answers: Answers) -> None:
    row = next(row for row in answers.sessions if row[0])
    row[0] = None
    assert answers.scored()["sessions"].fault == "sessions: published: 1 missing, 1 that are none"
