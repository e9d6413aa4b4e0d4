"""Clauses 4.1 to 4.4 on a bank small enough to judge by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import numpy as np

from include.sandbox.bank.truth import Books
from include.sandbox.bank.truth.stages import NOT_REACHED, Stages, Steps, stages_by

TORONTO = ZoneInfo("America/Toronto")
ANN, BOB = 0, 1


def toronto(text: str) -> int:
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=TORONTO)
    return int(moment.timestamp()) * 1_000_000


VERIFIED, OPENED, PAID = toronto("2026-06-01 10:00"), toronto("2026-06-03 10:00"), toronto("2026-06-05 10:00")
END = toronto("2026-11-20 00:00")

# Ann has a chequing account, Bob (retired into Ann where a test says so) none. Both are opted in.
BOOKS = Books(
    root=np.array([ANN, BOB]),
    account_party=np.array([ANN]),
    account_primary=np.array([True]),
    opened_at=np.array([OPENED]),
    closed_at=np.array([0]),
    act_party=np.array([ANN]),
    act_at=np.array([PAID]),
    opt_in_party=np.array([ANN]),
    opt_in_at=np.array([VERIFIED]),
    opt_in_state=np.array([True]),
    decision_account=np.array([], np.int64),
    decision_at=np.array([], np.int64),
    decision_holds=np.array([], bool),
)
STEPS = Steps(
    state_party=np.array([ANN]),
    state_at=np.array([VERIFIED]),
    state_verified=np.array([True]),
    settled_party=np.array([ANN]),
    settled_at=np.array([PAID]),
)


def judged(books: Books = BOOKS, steps: Steps = STEPS) -> Stages:
    return stages_by(books, steps, END)


def states(*at: int, verified: Sequence[bool]) -> Steps:
    return replace(
        STEPS,
        state_party=np.full(len(at), ANN),
        state_at=np.array(at),
        state_verified=np.array(verified),
    )


def acting(*at: int) -> Books:
    return replace(BOOKS, act_party=np.full(len(at), ANN), act_at=np.array(at))


def test_onboarded_is_the_later_of_verified_and_open() -> None:
    assert judged().onboarded.tolist() == [OPENED, NOT_REACHED]
    late = replace(STEPS, state_at=np.array([PAID]))
    assert judged(steps=late).onboarded[ANN] == PAID


def test_an_account_closed_before_the_verification_onboards_nobody() -> None:
    closed = replace(BOOKS, closed_at=np.array([PAID]))
    assert judged(closed, replace(STEPS, state_at=np.array([PAID]))).onboarded[ANN] == NOT_REACHED
    assert judged(closed, replace(STEPS, state_at=np.array([PAID - 1]))).onboarded[ANN] == PAID - 1


def test_an_account_that_is_not_primary_onboards_nobody() -> None:
    assert judged(replace(BOOKS, account_primary=np.array([False]))).onboarded[ANN] == NOT_REACHED


def test_a_second_application_under_way_waits_for_its_own_verification() -> None:
    again = states(VERIFIED, OPENED - 1, PAID, verified=[True, False, True])
    assert judged(steps=again).onboarded[ANN] == PAID


def test_a_later_rejection_undoes_nothing() -> None:
    assert judged(steps=states(VERIFIED, PAID, verified=[True, False])).onboarded[ANN] == OPENED


def test_the_first_settled_transaction_after_onboarding_activates() -> None:
    steps = replace(STEPS, settled_party=np.array([ANN] * 3), settled_at=np.array([OPENED, PAID, OPENED + 1]))
    assert judged(steps=steps).activated.tolist() == [OPENED + 1, NOT_REACHED]
    assert judged(steps=replace(steps, settled_at=np.full(3, OPENED))).activated[ANN] == NOT_REACHED


def test_three_days_with_acts_within_fourteen_engage_at_the_first_act_of_the_third() -> None:
    third = toronto("2026-06-19 00:00")
    books = acting(
        toronto("2026-06-06 23:59"), toronto("2026-06-06 12:00"), toronto("2026-06-10 12:00"), third
    )
    assert judged(books).engaged.tolist() == [third, NOT_REACHED]
    a_day_late = replace(books, act_at=np.append(books.act_at[:-1], toronto("2026-06-20 00:00")))
    assert judged(a_day_late).engaged[ANN] == NOT_REACHED


def test_days_are_torontos_and_the_activating_transaction_does_not_count() -> None:
    # 23:59 and 00:01 are two days in Toronto and one in UTC.
    two = (toronto("2026-06-06 23:59"), toronto("2026-06-07 00:01"))
    assert judged(acting(PAID, *two)).engaged[ANN] == NOT_REACHED
    assert judged(acting(PAID, PAID + 1, *two)).engaged[ANN] == two[1]


def test_retained_is_the_end_of_the_thirteenth_full_week_after_activation() -> None:
    # 5 June 2026 is a Friday; the week ends with 7 June, the thirteenth after it with 6 September.
    due = toronto("2026-09-07 00:00") - 1
    assert judged(acting(PAID, toronto("2026-08-25 12:00"))).retained.tolist() == [due, NOT_REACHED]


def test_who_is_not_active_then_is_retained_at_the_first_week_end_at_which_they_are() -> None:
    later = toronto("2026-11-09 00:00") - 1  # the clocks were set back on 1 November
    assert judged(acting(PAID, toronto("2026-11-03 12:00"))).retained[ANN] == later
    assert judged(acting(PAID, toronto("2026-11-17 12:00"))).retained[ANN] == NOT_REACHED


def test_what_a_retired_party_did_counts_for_its_survivor() -> None:
    books = replace(BOOKS, root=np.array([ANN, ANN]), act_party=np.array([BOB] * 3))
    days = np.array([toronto(f"2026-06-{day} 12:00") for day in ("06", "07", "08")])
    assert judged(replace(books, act_at=days)).engaged.tolist() == [days[2], NOT_REACHED]
