"""Clause 6.3 on a handful of events, and whose an event is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from include.sandbox.bank.truth.sessions import Uses, cut, owners, sessions, visits
from include.sandbox.bank.world import World

MINUTE = 60_000_000
HOUR = 60 * MINUTE
NOBODY = -1


def together(subject: Sequence[int], at: Sequence[int]) -> list[list[int]]:
    """The events of each session, by their places."""
    session = cut(np.array(subject), np.array(at))
    return [np.flatnonzero(session == number).tolist() for number in range(int(session.max()) + 1)]


def owned(
    user: Sequence[int],
    *,
    device: Sequence[int] | None = None,
    visit: Sequence[int] | None = None,
    linked: Sequence[int] = (0, 1, 2),
) -> list[int]:
    count = len(user)
    return owners(
        Uses(
            np.array(device or [0] * count),
            np.array(user),
            np.array(visit or [NOBODY] * count),
            np.array(linked),
        )
    ).tolist()


def test_a_gap_of_half_an_hour_ends_a_session_and_one_just_under_does_not() -> None:
    assert together([0, 0, 0], [0, 30 * MINUTE - 1, 60 * MINUTE - 1]) == [[0, 1], [2]]


def test_events_of_two_subjects_are_never_together() -> None:
    assert together([0, 1, 0], [0, 1, 2]) == [[0, 2], [1]]


def test_events_are_in_the_order_of_their_moments_however_they_came() -> None:
    assert together([0, 0, 0], [40 * MINUTE, 0, 20 * MINUTE]) == [[0, 1, 2]]


def test_a_session_is_cut_when_twelve_hours_old_and_the_next_counts_from_there() -> None:
    at = list(range(0, 25 * HOUR, 20 * MINUTE))
    expected = [list(range(36)), list(range(36, 72)), [72, 73, 74]]
    assert together([0] * len(at), at) == expected
    assert together([0] * len(at), [0, *(one - 1 for one in at[1:])])[0] == list(range(37))


def test_an_event_without_a_login_is_of_the_only_person_who_ever_logged_in_on_its_device() -> None:
    assert owned([NOBODY, 1, NOBODY], device=[0, 0, 1]) == [1, 1, NOBODY]


def test_on_a_shared_device_it_is_of_who_logged_in_during_the_visit() -> None:
    assert owned([NOBODY, 1, 0, NOBODY], visit=[1, 1, 2, 3]) == [1, 1, 0, NOBODY]
    assert owned([NOBODY, 1, 0], visit=[1, 1, 1]) == [NOBODY, 1, 0]
    assert owned([NOBODY, 1, 0], visit=[-1, -1, -1]) == [NOBODY, 1, 0]


def test_a_user_linked_to_nobody_is_somebody_all_the_same() -> None:
    linked = (0, NOBODY, 2)
    assert owned([NOBODY, 1], linked=linked) == [NOBODY, NOBODY]
    assert owned([NOBODY, 1, 0], visit=[-1, 1, 2], linked=linked) == [NOBODY, NOBODY, 0]


def test_two_users_of_one_surviving_party_are_one_person() -> None:
    assert owned([NOBODY, 1, 0], visit=[-1, 1, 2], linked=(2, 2, 2)) == [2, 2, 2]


def test_a_visit_ends_where_the_app_names_another_is_opened_again_or_is_put_down() -> None:
    def numbers(named: Sequence[int], opens: Sequence[bool], at: Sequence[int]) -> list[int]:
        return visits(np.zeros(len(at)), np.array(named), np.array(opens), np.array(at)).tolist()

    still = [True, False, False]
    assert numbers([5, 5, 5], still, [0, 1, 30 * MINUTE]) == [1, 1, 1]
    assert numbers([5, 5, 5], still, [0, 1, 30 * MINUTE + 1]) == [1, 1, 2]
    assert numbers([5, 6, 5], [True, True, False], [0, 1, 2]) == [1, 2, 1]
    assert numbers([5, 6, 6], still, [0, 1, 2]) == [1, 2, 2]  # the start of the second is yet to come
    assert numbers([0, 0, 0], [True, True, False], [0, 1, 2]) == [1, 2, 2]


def test_a_repeated_upload_is_no_second_event_and_a_later_one_is_not_known(full_size: World) -> None:
    event = full_size.app_event
    told = event["known"] <= full_size.last_lived
    assert not told.all()
    numbers = np.unique(event["number"][told])
    assert len(numbers) < told.sum()
    found = sessions(full_size)
    assert found.events.sum() == len(numbers)
    assert (found.started_at <= found.ended_at).all()
    assert (found.ended_at - found.started_at < 12 * HOUR).all()
    assert (found.least_id < found.greatest_id)[found.events > 1].all()
