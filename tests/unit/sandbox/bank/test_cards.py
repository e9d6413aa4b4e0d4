"""The card ledger tells of the same purchases as core banking, with dirt of its own at known rates."""

from __future__ import annotations

import copy
import re

import numpy as np
import pytest

from include.sandbox.bank import ad_spend, authorizations, card_ledger, cards, referrals, upkeep
from include.sandbox.bank.calendar import SECOND, BusinessDay
from include.sandbox.bank.columns import Columns
from include.sandbox.bank.life import history, live
from include.sandbox.bank.spec import APPROVED, BLOCKED, CREDIT_CARD, DECLINED, PURCHASE, REFUNDED
from include.sandbox.bank.world import World
from tests.unit.sandbox.bank.conftest import SMALL

NEW_TABLES = {"card", "authorization", "settlement", "ad_spend", "referral"}
NEW_COLUMNS = {"phone_style", "styled_on"}


def share(mask: np.ndarray) -> float:
    return float(mask.mean())


def taken(world: World) -> np.ndarray:
    """Row numbers of authorisations that stand: approved and never taken back."""
    authorization = world.authorization
    return np.flatnonzero((authorization["outcome"] == APPROVED) & (authorization["reversed_on"] == 0))


def test_the_ledger_and_the_files_leave_everybody_elses_days_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Acts included: what is truth about activity does not hang on them."""
    world = history(SMALL)
    for concern in (cards, ad_spend, referrals, upkeep):
        monkeypatch.setattr(concern, "live", lambda *_: None)
    monkeypatch.setattr(cards, "found", lambda *_: None)
    without = history(SMALL)
    assert len(world.authorization)
    assert not len(without.authorization)
    for name, table in vars(without).items():
        if isinstance(table, Columns) and name not in NEW_TABLES:
            assert all(
                np.array_equal(table[column], vars(world)[name][column])
                for column in set(table.names) - NEW_COLUMNS
            ), name
    assert without.people == world.people


def test_an_authorisation_that_stands_is_a_purchase_of_core_banking(full_size: World) -> None:
    world = full_size
    transaction, authorization = world.transaction, world.authorization
    rows = taken(world)
    account = world.card["account"][authorization["card"][rows]]
    purchases = transaction["kind"] == PURCHASE
    posted = {
        (account, cents): moment
        for account, cents, moment in zip(
            transaction["account"][purchases].tolist(),
            transaction["cents"][purchases].tolist(),
            transaction["posted_at"][purchases].tolist(),
            strict=True,
        )
    }
    found = [
        posted.get(key, 0)
        for key in zip(account.tolist(), authorization["cents"][rows].tolist(), strict=True)
    ]
    ahead = np.array(found) - authorization["asked_at"][rows]
    # One account may pay the same sum twice; the later one is found for both.
    assert share((ahead >= SECOND) & (ahead < 40 * SECOND)) > 0.99
    with_card = np.isin(world.account["product"][account], cards.HAS_CARD)
    assert with_card.all()


def test_authorisations_have_the_dirt_of_real_ones(full_size: World) -> None:
    authorization = full_size.authorization
    standing = len(taken(full_size))
    declined = int((authorization["outcome"] == DECLINED).sum())
    reversed_ = int((authorization["reversed_on"] > 0).sum())
    assert declined / standing == pytest.approx(cards.SHARE_DECLINED, rel=0.2)
    assert reversed_ / standing == pytest.approx(cards.SHARE_REVERSED + cards.SHARE_SENT_TWICE, rel=0.2)
    asked_on = (authorization["asked_at"] - BusinessDay.of(full_size.spec.first_day).start) // (
        86_400 * SECOND
    )
    known_on = authorization["born"] - full_size.spec.first_day.toordinal()
    assert share(known_on > asked_on + 1) == pytest.approx(cards.SHARE_OFFLINE / 2, rel=0.5)
    assert (np.diff(authorization["asked_at"][authorization["born"].argsort(kind="stable")]) < 0).any()


def test_settlements_follow_in_parts_for_other_sums_and_back(full_size: World) -> None:
    authorization, settlement = full_size.authorization, full_size.settlement
    rows = taken(full_size)
    kept = settlement["deleted_on"] == 0
    collected = np.flatnonzero(kept & (settlement["kind"] != REFUNDED))
    parts = np.bincount(settlement["authorization"][collected], minlength=len(authorization))
    assert not parts[np.setdiff1d(np.arange(len(authorization)), rows)].any(), "settled though not approved"
    assert set(parts[rows].tolist()) == {1, 2}
    assert share(parts[rows] == 2) == pytest.approx(cards.SHARE_IN_TWO_PARTS, rel=0.2)
    total = np.bincount(
        settlement["authorization"][collected], settlement["cents"][collected], minlength=len(authorization)
    )
    other = total[rows] != authorization["cents"][rows]
    assert share(other) == pytest.approx(cards.SHARE_OTHER_SUM, rel=0.2)
    assert (settlement["cents"] > 0).all()

    refunds = settlement["kind"] == REFUNDED
    assert refunds.sum() / len(rows) == pytest.approx(cards.SHARE_REFUNDED, rel=0.3)
    twice = np.flatnonzero(~kept)
    assert len(twice) / len(rows) == pytest.approx(cards.SHARE_SETTLED_TWICE, rel=0.5)
    assert (settlement["deleted_on"][twice] == settlement["born"][twice] + 1).all()

    first = np.full(len(authorization), np.iinfo(np.int64).max)
    np.minimum.at(first, settlement["authorization"], settlement["born"])
    wait = first[rows] - authorization["born"][rows]
    assert set(wait.tolist()) == {1, 2, 3}


def test_cards_are_lost_blocked_and_end_with_their_account(full_size: World) -> None:
    world = copy.deepcopy(full_size)
    for _ in range(5):
        live(world, world.last_lived + 1)
    card, account = world.card, world.account
    assert np.isin(account["product"][card["account"]], cards.HAS_CARD).all()
    of_closed = account["closed_at"][card["account"]] > 0
    assert not (of_closed & (card["status"] < 2)).any()
    assert (np.bincount(card["account"]) > 1).any(), "no card was replaced"
    switched = card["switched_on"] > 0
    assert (card["status"][switched] == BLOCKED).any()
    assert (card["updated_at"][switched] < BusinessDay.numbered(world.last_lived - 45).start).any()
    limits = card["limit_cents"]
    assert ((limits > 0) == (account["product"][card["account"]] == CREDIT_CARD)).all()


def test_no_card_number_is_in_the_ledger(full_size: World) -> None:
    def luhn(digits: str) -> bool:
        doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
        return sum(sum(divmod(value, 10)) for value in doubled) % 10 == 0

    (chapter,) = card_ledger.history(full_size)
    rows = 0
    for statement in chapter.statements:
        for row in statement.rows:  # type: ignore[union-attr]
            rows += 1
            texts = [value for value in row if isinstance(value, str) and not value.startswith("tok_")]
            found = re.findall(r"(?<!\d)\d{13,19}(?!\d)", " ".join(texts))
            assert not [number for number in found if luhn(number)], row
    assert rows > 10_000


def test_a_terminal_shows_a_time_without_a_zone_and_not_all_stand_in_toronto(full_size: World) -> None:
    rows = np.arange(2_000)
    place, zone_less, told = (
        authorizations.AUTHORIZATION.index(name) for name in ("auth_id", "terminal_time", "authorized_at")
    )
    ahead = set()
    for row in authorizations.authorization_rows(full_size, rows):
        assert row[place] is not None
        shown, moment = np.datetime64(str(row[zone_less])), np.datetime64(str(row[told]).removesuffix("+00"))
        ahead.add(int((shown - moment) / np.timedelta64(1, "h")))
    assert ahead == {-4, -7, 0}
