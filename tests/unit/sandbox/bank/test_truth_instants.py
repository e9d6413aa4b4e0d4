"""Activity at many instants: walked through, it is what it is when judged one by one."""

from __future__ import annotations

import numpy as np

from include.sandbox.bank.truth import active_at, books_of, truth
from include.sandbox.bank.truth.instants import (
    RANDOM_INSTANTS,
    active_through,
    judged_instants,
    loaded_books,
)
from include.sandbox.bank.world import World


def test_walking_through_time_finds_whom_judging_each_instant_finds(full_size: World) -> None:
    books = loaded_books(full_size)
    _, anywhere = judged_instants(full_size)
    some = anywhere[::50]
    for instant, active in zip(some.tolist(), active_through(books, some), strict=True):
        assert (active == active_at(books, instant)).all()


def test_the_day_ends_are_those_of_the_truth(full_size: World) -> None:
    ends, _ = judged_instants(full_size)
    found = [int(active.sum()) for active in active_through(books_of(full_size), ends)]
    assert found == [facts["active"] for facts in truth(full_size).values()]


def test_the_instants_lie_within_the_judged_days_and_are_the_same_each_time(full_size: World) -> None:
    ends, anywhere = judged_instants(full_size)
    assert len(anywhere) == RANDOM_INSTANTS
    assert (np.diff(anywhere) >= 0).all()
    assert ends[0] - 26 * 3_600_000_000 < anywhere[0] < anywhere[-1] <= ends[-1]
    assert (judged_instants(full_size)[1] == anywhere).all()


def test_a_first_load_knows_one_opt_in_of_each_contact(full_size: World) -> None:
    stated = full_size.opt_in
    linked = full_size.contact["party"][stated["contact"]] >= 0
    books = loaded_books(full_size)
    assert len(books.opt_in_at) == len(np.unique(stated["contact"][linked])) < linked.sum()
    contact = full_size.contact
    latest = dict(zip(contact["party"].tolist(), contact["updated_at"].tolist(), strict=True))
    assert all(
        latest[party] == at
        for party, at in zip(books.opt_in_party.tolist(), books.opt_in_at.tolist(), strict=True)
    )
