"""Clause 3.1 on a bank small enough to judge by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from include.sandbox.bank.truth import Books, active_at

HOUR = 3_600_000_000
NOON = int(dt.datetime(2026, 11, 10, 17, tzinfo=dt.UTC).timestamp()) * 1_000_000

# Ann (0) has a chequing account, Bob (1) a credit card only, Cyd (2) both; all opened long ago, all opted in,
# all came yesterday. Account rows: 0 Ann's, 1 Bob's card, 2 Cyd's chequing, 3 Cyd's card.
BOOKS = Books(
    root=np.array([0, 1, 2]),
    account_party=np.array([0, 1, 2, 2]),
    account_primary=np.array([True, False, True, False]),
    opened_at=np.full(4, NOON - 9_000 * HOUR),
    closed_at=np.zeros(4, np.int64),
    act_party=np.array([0, 1, 2]),
    act_at=np.full(3, NOON - 24 * HOUR),
    opt_in_party=np.array([0, 1, 2]),
    opt_in_at=np.full(3, NOON - 8_000 * HOUR),
    opt_in_state=np.array([True, True, True]),
    decision_account=np.array([], np.int64),
    decision_at=np.array([], np.int64),
    decision_holds=np.array([], bool),
)


def active(books: Books, moment: int = NOON) -> list[int]:
    return np.flatnonzero(active_at(books, moment)).tolist()


def test_only_holders_of_a_primary_product_are_active() -> None:
    assert active(BOOKS) == [0, 2]


def test_an_account_counts_from_its_opening_until_just_before_its_closing() -> None:
    books = replace(BOOKS, closed_at=np.array([NOON, 0, 0, 0]), opened_at=np.array([NOON - HOUR, 0, NOON, 0]))
    assert active(books, NOON - 1) == [0]
    assert active(books, NOON) == [2]


@pytest.mark.parametrize(("age", "expected"), [(720 * HOUR, [0, 2]), (720 * HOUR + 1, [2]), (-1, [2])])
def test_the_window_is_720_hours_with_both_ends(age: int, expected: list[int]) -> None:
    assert active(replace(BOOKS, act_at=np.array([NOON - age, 0, NOON]))) == expected


def test_the_latest_opt_in_state_decides_and_no_state_means_no() -> None:
    books = replace(
        BOOKS,
        opt_in_party=np.array([0, 0, 1]),
        opt_in_at=np.array([NOON - HOUR, NOON - 2 * HOUR, NOON]),  # out of order on purpose
        opt_in_state=np.array([False, True, True]),
    )
    assert active(books) == []
    assert active(books, NOON - HOUR - 1) == [0]


@pytest.mark.parametrize("account", [2, 3])
def test_a_hold_on_any_account_stops_its_customer_until_it_is_cleared(account: int) -> None:
    books = replace(
        BOOKS,
        decision_account=np.array([account, account]),
        decision_at=np.array([NOON - HOUR, NOON + HOUR]),
        decision_holds=np.array([True, False]),
    )
    assert active(books, NOON - HOUR - 1) == [0, 2]
    assert active(books) == [0]
    assert active(books, NOON + HOUR) == [0, 2]


def test_what_a_retired_party_holds_and_does_belongs_to_its_survivor_at_all_times() -> None:
    # Cyd's party is retired into Bob's, who holds a card only.
    books = replace(BOOKS, root=np.array([0, 1, 1]))
    assert active(books) == [0, 1]
    assert active(books, NOON - 8 * HOUR) == [0, 1]
