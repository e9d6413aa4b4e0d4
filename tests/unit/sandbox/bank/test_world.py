"""The default world: its noise, its dirt, and that it is the same each time."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path

import numpy as np
import pytest

from include.contracts import RestTableRead, load_sources
from include.sandbox import bank
from include.sandbox.bank import drops, parties, reviews, vendors
from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.chapters import Delete
from include.sandbox.bank.life import digest, history, live
from include.sandbox.bank.spec import CLICK
from include.sandbox.bank.truth import WINDOW, acted_by, active_at, books_of, eligible_at
from include.sandbox.bank.world import World
from tests.unit.sandbox.bank.conftest import SMALL

DAYS = 40
RATES = load_sources()["rates_engine"].table("posted_rate").read_as(RestTableRead)
LOOKED_BACK = {"rates.observation": RATES.lookback_days}
SIGMAS = 2.5


def as_judged(world: World) -> dict[str, int]:
    """The day's metrics as the bank's books tell them on the evening of that day."""
    day, books = BusinessDay.numbered(world.last_lived), books_of(world)
    first_opened = np.full(len(books.root), np.iinfo(np.int64).max)
    np.minimum.at(first_opened, books.root[books.account_party], books.opened_at)
    email = world.email_event
    clicked = email["event"][(email["kind"] == CLICK) & (email["known"] <= day.number)]
    clicked_at = email["occurred_at"][(email["kind"] == CLICK) & (email["known"] <= day.number)]

    def today(moments: np.ndarray) -> np.ndarray:
        return (moments >= day.start) & (moments < day.end)

    return {
        "active_customers": int(active_at(books, day.last_instant).sum()),
        "customer_initiated_events": int(today(books.act_at).sum()),
        "new_customers": int(today(first_opened).sum()),
        "accounts_opened": int(today(world.account["opened_at"]).sum()),
        "email_clicks": len(np.unique(clicked[today(clicked_at)])),
    }


def sigmas(series: list[int]) -> float:
    """How far the last value lies from the seven before it."""
    before, last = np.array(series[-8:-1]), series[-1]
    return float(abs(last - before.mean()) / before.std(ddof=1))


def starts(days: np.ndarray) -> np.ndarray:
    """The first instants of days given by number."""
    known = {number: BusinessDay.numbered(number).start for number in np.unique(days).tolist()}
    return np.array([known[number] for number in days.tolist()])


def test_a_world_is_decided_by_its_spec() -> None:
    assert digest(history(SMALL)) == digest(history(SMALL))
    other = bank.WorldSpec(SMALL.last_day, SMALL.people, SMALL.history_days, SMALL.seed + 1)
    assert digest(history(other)) != digest(history(SMALL))


def test_no_metric_of_a_normal_day_is_an_anomaly_and_a_drop_of_two_fifths_is(full_size: World) -> None:
    world = copy.deepcopy(full_size)
    series: list[dict[str, int]] = []
    for _ in range(DAYS):
        live(world, world.last_lived + 1)
        series.append(as_judged(world))
        if len(series) > 7:
            flagged = {
                metric: values
                for metric in series[0]
                if sigmas(values := [day[metric] for day in series[-8:]]) > SIGMAS
            }
            assert not flagged
    acts = np.array([day["customer_initiated_events"] for day in series])
    assert 1500 < acts.mean() < 1700
    assert 0.02 < acts.std() / acts.mean() < 0.03

    live(world, world.last_lived + 1, drop_activity=0.4)
    series.append(as_judged(world))
    flagged = {metric for metric in series[0] if sigmas([day[metric] for day in series[-8:]]) > SIGMAS}
    assert flagged == {"customer_initiated_events"}
    assert series[-1]["customer_initiated_events"] == pytest.approx(0.6 * acts.mean(), rel=0.05)


def test_every_day_customers_lapse_and_return(full_size: World) -> None:
    world = copy.deepcopy(full_size)
    for _ in range(5):
        yesterday = BusinessDay.numbered(world.last_lived)
        live(world, world.last_lived + 1)
        day, books = BusinessDay.numbered(world.last_lived), books_of(world)
        acted_before, acted = acted_by(books, yesterday.last_instant), acted_by(books, day.last_instant)
        eligible = eligible_at(books, yesterday.last_instant) & eligible_at(books, day.last_instant)
        assert (eligible & acted_before & ~acted).any(), "nobody lapsed"
        assert (eligible & ~acted_before & acted).any(), "nobody returned"


def test_most_days_somebody_stands_on_each_side_of_the_edge_of_the_window(full_size: World) -> None:
    """To the microsecond; but for the thirty days after the clocks changed, which are an hour off."""
    world = copy.deepcopy(full_size)
    for _ in range(30):
        live(world, world.last_lived + 1)
    on_both_sides = 0
    for _ in range(8):
        live(world, world.last_lived + 1)
        instant, books = BusinessDay.numbered(world.last_lived).last_instant, books_of(world)
        eligible, active = eligible_at(books, instant), active_at(books, instant)
        latest = np.zeros(len(books.root), np.int64)
        seen = books.act_at <= instant
        np.maximum.at(latest, books.root[books.act_party[seen]], books.act_at[seen])
        inside, outside = latest == instant - WINDOW, latest == instant - WINDOW - 1
        assert active[eligible & inside].all()
        assert not active[outside].any()
        on_both_sides += bool((eligible & inside).any() and (eligible & outside).any())
    assert on_both_sides >= 5


def test_the_world_has_the_dirt_of_real_systems(full_size: World) -> None:
    world = full_size
    transaction = world.transaction
    customer_made = transaction["kind"] < 5
    late = transaction["posted_at"] < starts(transaction["born"])
    assert 0.003 < late[customer_made].mean() < 0.01
    assert (transaction["deleted_on"] > 0).any()
    assert customer_made[transaction["deleted_on"] > 0].sum() == 0, "a deleted row would change the truth"
    assert len(world.merge) > 10
    assert world.merge["repointed"].any()
    retired, survivor = world.merge["retired"], world.merge["survivor"]
    assert np.isin(survivor, retired).any(), "no chain of merges"
    owners = np.bincount(world.account["party"], minlength=len(world.party))
    assert (owners[retired[~world.merge["repointed"]]] > 0).any()

    held_party = world.applicant["party"] >= 0
    assert 0.05 < (~world.applicant["shows_party"][held_party]).mean() < 0.2
    leads = world.contact["party"] < 0
    assert 0.03 < leads.mean() < 0.3
    events = world.email_event["event"]
    assert 0.003 < 1 - len(np.unique(events)) / len(events) < 0.03
    assert world.review["resent"].any()
    assert (~world.review["resent"] & (world.review["reviewed_at"] < starts(world.review["known"]))).any()


def test_a_first_load_of_latest_states_explains_the_last_days_of_history(full_size: World) -> None:
    """No contact that existed was touched: its one known state holds for all the days that are judged."""
    quiet_from = BusinessDay.numbered(full_size.last_lived - 7).start
    contact = full_size.contact
    touched = contact["updated_at"] >= quiet_from
    party_created = full_size.party["created_at"][contact["party"]]
    is_new = (contact["created_at"] >= quiet_from) | ((contact["party"] >= 0) & (party_created >= quiet_from))
    assert touched.any()
    assert is_new[touched].all()


def test_a_contact_changes_at_most_once_a_day(full_size: World) -> None:
    world = copy.deepcopy(full_size)
    for _ in range(80):
        live(world, world.last_lived + 1)
    stated = list(zip(world.opt_in["contact"].tolist(), world.opt_in["known"].tolist(), strict=True))
    lived = [pair for pair in stated if pair[1] > full_size.last_lived]
    assert len(lived) > 50
    assert len(set(lived)) == len(lived)


def test_what_changes_on_a_day_is_stamped_within_it(full_size: World) -> None:
    """So that a reader of the day's window, or of as much as its contract looks back, finds it."""
    world = copy.deepcopy(full_size)
    for _ in range(3):
        live(world, world.last_lived + 1)
        day = BusinessDay.numbered(world.last_lived)
        high = np.datetime64(day.end, "us")
        for chapter in vendors.last_day(world):
            for statement in chapter.statements:
                if isinstance(statement, Delete):
                    continue
                looked_back = BusinessDay.numbered(day.number - LOOKED_BACK.get(statement.table, 0))
                low = np.datetime64(looked_back.start, "us")
                cursors = [np.datetime64(row[1].removesuffix("+00"), "us") for row in statement.rows]
                assert all(low <= cursor < high for cursor in cursors), statement.table


def test_held_reviews_come_on_release_with_their_manifest(full_size: World, tmp_path: Path) -> None:
    day = BusinessDay.numbered(full_size.last_lived)
    name = reviews.file_name(day)
    drops.deliver(tmp_path, name, reviews.content(full_size, day, day.number), hold=True)
    assert not (tmp_path / name).exists()
    assert drops.release(tmp_path) == [name, f"{name}.sha256"]
    body = (tmp_path / name).read_bytes()
    assert body.startswith(b"\xef\xbb\xbfaccount_id,reviewed_at,decision,reviewer,reason\n")
    assert (tmp_path / f"{name}.sha256").read_text() == f"{hashlib.sha256(body).hexdigest()}  {name}\n"
    assert drops.release(tmp_path) == []


def test_phone_numbers_are_restyled_in_their_one_column(full_size: World) -> None:
    world = copy.deepcopy(full_size)
    party = world.party
    before = parties.party_rows(world, np.arange(len(party)))
    live(world, world.last_lived + 1)
    restyled = np.flatnonzero(world.party["styled_on"] == world.last_lived)
    assert len(restyled)
    quiet = restyled[world.party["touched"][restyled] < world.last_lived]
    after = parties.party_rows(world, quiet)
    changed = {
        parties.PARTY[place]
        for old, new in zip([before[row] for row in quiet.tolist()], after, strict=True)
        for place, pair in enumerate(zip(old, new, strict=True))
        if pair[0] != pair[1]
    }
    assert changed == {"phone"}
    digits = [
        ["".join(filter(str.isdigit, str(row[5])))[-10:] for row in rows]
        for rows in ([before[row] for row in quiet.tolist()], after)
    ]
    assert digits[0] == digits[1]
