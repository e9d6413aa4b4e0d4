"""The files of marketing and of the branches: what is in them, and what is sent again."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
from pathlib import Path

import numpy as np
import pytest

from include.sandbox import bank
from include.sandbox.bank import ad_spend, drops, feeds, referrals
from include.sandbox.bank.calendar import BusinessDay
from include.sandbox.bank.spec import PAID_CHANNELS
from include.sandbox.bank.vendors.marketing import campaign_ids
from include.sandbox.bank.world import World


def days(world: World) -> list[BusinessDay]:
    """The days of its history."""
    first = world.spec.first_day.toordinal()
    return [BusinessDay.numbered(number) for number in range(first, world.last_lived + 1)]


def spend_lines(world: World, day: BusinessDay, known_on: int | None = None) -> list[dict[str, str]]:
    text = ad_spend.content(world, day, known_on or day.number).decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def referral_lines(world: World, day: BusinessDay, known_on: int | None = None) -> list[dict[str, str]]:
    text = referrals.content(world, day, known_on or day.number).decode("windows-1252")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def first_correction(feed: object, world: World) -> tuple[BusinessDay, BusinessDay]:
    """A day on which a file is sent again, and the day of that file."""
    for day in days(world):
        for earlier in feed.sent_again(world, day):  # type: ignore[attr-defined]
            return day, earlier
    raise AssertionError("no file is ever sent again")


def test_money_is_spent_on_marketings_campaigns_by_every_channel(full_size: World) -> None:
    known = set(campaign_ids(np.arange(len(full_size.campaign))))
    lines = [line for day in days(full_size) for line in spend_lines(full_size, day)]
    assert {line["campaign"] for line in lines} == known
    assert {line["channel"] for line in lines} == set(PAID_CHANNELS)


def test_numbers_are_written_as_each_channel_writes_them(full_size: World) -> None:
    lines = [line for day in days(full_size) for line in spend_lines(full_size, day)]
    assert all(line["spend"].startswith("$") == (line["channel"] == "podcast") for line in lines)
    assert any("," in line["impressions"] for line in lines if line["channel"] == "affiliate")
    assert not any("," in line["impressions"] for line in lines if line["channel"] == "display")


def test_figures_come_late_and_are_stated_again(full_size: World) -> None:
    late = again = total = 0
    for day in days(full_size):
        for line in spend_lines(full_size, day):
            is_of_before = line["date"] < day.date.isoformat()
            late += is_of_before and line["channel"] == "affiliate"
            again += is_of_before and line["channel"] != "affiliate"
            total += line["channel"] != "affiliate"
    assert late > 40
    assert again / (total - again) == pytest.approx(ad_spend.SHARE_RESTATED, rel=0.3)


def test_some_files_have_a_column_that_nobody_announced(full_size: World) -> None:
    with_fee = ["agency_fee" in spend_lines(full_size, day)[0] for day in days(full_size)]
    assert 0 < np.mean(with_fee) < 3 * ad_spend.SHARE_WITH_FEE


def test_a_spend_file_is_sent_again_with_lower_figures_in_the_same_lines(full_size: World) -> None:
    day, earlier = first_correction(ad_spend, full_size)
    before, after = (spend_lines(full_size, earlier, known) for known in (day.number - 1, day.number))
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    for old, new in changed:
        assert {name for name in old if old[name] != new[name]} <= {"clicks", "spend"}
        assert int(new["clicks"].replace(",", "")) < int(old["clicks"].replace(",", ""))
    assert 0.1 < np.mean([bool(ad_spend.sent_again(full_size, day)) for day in days(full_size)]) < 0.5


def test_referrals_are_of_leads_and_customers_by_the_day_and_stand_again_later(full_size: World) -> None:
    lines = [line for day in days(full_size) for line in referral_lines(full_size, day)]
    numbers = [line["referral_id"] for line in lines]
    assert len(set(numbers)) < len(numbers)
    assert {line["status"] for line in lines} == set(referrals.STATES)
    person = full_size.referral["person"]
    is_customer = np.isin(person, full_size.party["person"])
    assert 0.2 < is_customer.mean() < 0.7


def test_a_referral_that_is_sent_again_never_falls_back(full_size: World) -> None:
    """Whoever takes the last line sent of each has the latest state, also of files that are sent again."""
    stands: dict[str, int] = {}
    for day in days(full_size):
        sent = [*referrals.sent_again(full_size, day), day]
        for file in sent:
            for line in referral_lines(full_size, file, day.number):
                state = referrals.STATES.index(line["status"])
                assert state >= stands.get(line["referral_id"], 0), line["referral_id"]
                stands[line["referral_id"]] = state


def test_a_referral_file_is_sent_again_with_another_phone_number(full_size: World) -> None:
    day, earlier = first_correction(referrals, full_size)
    before, after = (referral_lines(full_size, earlier, known) for known in (day.number - 1, day.number))
    changed = {name for old, new in zip(before, after, strict=True) for name in old if old[name] != new[name]}
    assert "phone" in changed
    assert changed <= {"phone", "status"}


def test_branches_write_windows_1252_and_lose_what_it_lacks(full_size: World) -> None:
    content = b"".join(referrals.content(full_size, day, day.number) for day in days(full_size))
    assert b"\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\x80 account" in content  # the euro sign
    assert b"\x00" in content
    assert b"Tr?n" in content  # Trần
    with pytest.raises(UnicodeDecodeError):
        content.decode("utf-8")


def test_a_file_sent_again_replaces_the_first_with_a_manifest_that_fits(
    full_size: World, tmp_path: Path
) -> None:
    day, earlier = first_correction(ad_spend, full_size)
    for each in (earlier, day):
        feeds.deliver(tmp_path, full_size, each)
    name = ad_spend.file_name(earlier)
    sent = (tmp_path / name).read_bytes()
    assert sent == ad_spend.content(full_size, earlier, day.number)
    assert sent != ad_spend.content(full_size, earlier, earlier.number)
    assert (tmp_path / f"{name}.sha256").read_text().split()[0] == hashlib.sha256(sent).hexdigest()

    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    feeds.deliver(tmp_path, full_size, day)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_file_whose_reader_archived_it_is_sent_again_once(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    for end in ("", ".sha256"):
        (tmp_path / "archive" / f"a.csv{end}").write_text("first")
    drops.send_again(tmp_path, "a.csv", b"second")
    assert (tmp_path / "a.csv").read_bytes() == b"second"
    for end in ("", ".sha256"):
        (tmp_path / f"a.csv{end}").replace(tmp_path / "archive" / f"a.csv{end}")
    drops.send_again(tmp_path, "a.csv", b"second")
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_only_files_that_there_are_can_be_held_back(lively: bank.Places) -> None:
    with pytest.raises(bank.BankError, match="no file of kyc to hold"):
        bank.advance(lively, lively_day(lively), hold=["kyc"])
    bank.advance(lively, lively_day(lively), hold=["drop_ad_spend"])
    names = {path.name for path in lively.drop.iterdir()}
    assert not any(name.startswith("ad_spend") for name in names)
    assert any(name.startswith("branch_referrals") for name in names)
    assert len(bank.release(lively)) == 2


def lively_day(places: bank.Places) -> dt.date:
    """The day after the last one lived."""
    return bank.lived_days(places.vendors_dsn)[-1] + dt.timedelta(days=1)
