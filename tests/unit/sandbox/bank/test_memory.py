"""What the bank remembers of its world: faster days, and never other ones."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import psycopg
import pytest

from include.sandbox import bank
from include.sandbox.bank import operations
from include.sandbox.bank.life import digest, history, live
from include.sandbox.bank.memory import FILE, Memory
from include.sandbox.bank.world import World
from tests.unit.sandbox.bank.conftest import LAST_DAY, SMALL
from tests.unit.sandbox.bank.holdings import everything

NEXT_DAY, DAY_AFTER = (LAST_DAY + dt.timedelta(days=ahead) for ahead in (1, 2))


@pytest.fixture(scope="module")
def small() -> World:
    return history(SMALL)


@pytest.fixture
def remembered(lively: bank.Places, small: World, tmp_path: Path) -> bank.Places:
    """The small world with a memory of its history."""
    places = replace(lively, memory=tmp_path / "memory")
    Memory(places.memory).remember(small, digest(small))
    return places


@pytest.fixture
def no_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Living the history again is noticed."""

    def lived_again(_: bank.WorldSpec) -> World:
        raise AssertionError("the history was lived again")

    monkeypatch.setattr(operations, "history", lived_again)


def test_a_world_that_is_recalled_lives_on_as_if_it_had_never_been_away(small: World, tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.remember(small, "its digest")
    recalled = memory.recall(SMALL)
    assert recalled is not None
    world, told = recalled
    assert told == "its digest"
    assert digest(world) == digest(small)
    for name in ("last_lived", "people", "base_active"):
        assert getattr(world, name) == getattr(small, name)
    again = history(SMALL)
    for lived in (world, again):
        for _ in range(2):
            live(lived, lived.last_lived + 1)
    assert digest(world) == digest(again)
    assert digest(small) != digest(again)


@pytest.mark.usefixtures("no_history")
def test_days_from_memory_are_the_days_lived_from_the_beginning(
    remembered: bank.Places, undisturbed: bank.Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (NEXT_DAY, DAY_AFTER):
        bank.advance(remembered, day)
    told = bank.truth(remembered.vendors_dsn, remembered.memory)
    monkeypatch.undo()
    for day in (NEXT_DAY, DAY_AFTER):
        bank.advance(undisturbed, day)
    assert everything(remembered) == everything(undisturbed)
    assert told == bank.truth(undisturbed.vendors_dsn)


@pytest.mark.usefixtures("no_history")
def test_a_day_begun_and_not_finished_is_finished_from_memory(
    remembered: bank.Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short before the world was written down, and after."""
    for day, part in ((NEXT_DAY, "remember"), (DAY_AFTER, "deliver")):
        with monkeypatch.context() as patch:
            place = Memory if part == "remember" else operations.feeds
            patch.setattr(place, part, _killed)
            with pytest.raises(KeyboardInterrupt):
                bank.advance(remembered, day)
        assert not bank.advance(remembered, day).already_lived
    assert bank.lived_days(remembered.vendors_dsn) == [LAST_DAY, NEXT_DAY, DAY_AFTER]


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def _of_other_code(file: Path) -> None:
    with np.load(file) as kept:
        arrays = {name: kept[name] for name in kept.files if name != "party.rate"}
    np.savez(file, **arrays)


def _of_another_world(file: Path) -> None:
    other = history(bank.WorldSpec(SMALL.last_day, SMALL.people, SMALL.history_days, seed=8))
    Memory(file.parent).remember(other, digest(other))


@pytest.mark.parametrize("harm", [Path.unlink, _cut, _of_other_code, _of_another_world])
def test_a_memory_that_does_not_fit_is_passed_over(
    remembered: bank.Places, undisturbed: bank.Places, harm: object
) -> None:
    assert remembered.memory
    assert callable(harm)
    harm(remembered.memory / FILE)
    bank.advance(remembered, NEXT_DAY)
    bank.advance(undisturbed, NEXT_DAY)
    assert everything(remembered) == everything(undisturbed)
    kept = Memory(remembered.memory).recall(SMALL)
    assert kept is not None
    assert kept[0].last_lived == NEXT_DAY.toordinal()


def test_what_the_ledger_does_not_know_is_not_believed(remembered: bank.Places) -> None:
    with psycopg.connect(remembered.vendors_dsn, autocommit=True) as saas:
        saas.execute("update bank.lived_day set world_digest = 'of another version'")
    with pytest.raises(bank.BankError, match="recreate the sandbox"):
        bank.advance(remembered, NEXT_DAY)
