"""What breaks a contract at the door, and what is only said. Each violation by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from include.contracts import Promises, SourceContract
from include.ingest.door import Past, judge
from include.landing.manifest import Manifest, Misfits, TableProfile
from include.paging.contract_message import Finding
from tests.unit.landing.rows import PARTITION, contract

SOUND = TableProfile(
    rows=100, whole_rows=100, null_keys=0, repeated_keys=0, empty=(), misfits={"reviewed_at": Misfits(0, 100)}
)


def judged(
    source: SourceContract | None = None,
    past: Past | None = None,
    rejected: int = 0,
    one_day: bool = True,
    **profile: Any,
) -> list[Finding]:
    source = source or contract()
    manifest = Manifest(
        source.name,
        source.version,
        PARTITION.isoformat(),
        "run-1",
        (),
        profiles={"review": replace(SOUND, **profile)},
    )
    known: Mapping[str, Past] = {"review": past} if past else {}
    return judge(source, manifest, known, rejected=rejected, one_day=one_day)


def the_finding(**given: Any) -> Finding:
    (found,) = judged(**given)
    return found


def steady(rows: int) -> Past:
    """Eight weeks in which every day had so many rows."""
    return Past([(PARTITION - timedelta(days=back), rows) for back in range(56, 0, -1)], {})


def volume(promise: str) -> SourceContract:
    source = contract()
    promised = Promises(unusual_volume=promise)  # type: ignore[arg-type]
    return replace(source, tables=(replace(source.table("review"), promises=promised),))


def test_a_sound_day_is_let_in_without_a_word() -> None:
    assert judged(past=steady(100)) == []
    assert judged(rows=0, whole_rows=0) == []


def test_missing_column() -> None:
    found = the_finding(empty=("reviewer",))
    assert found.breaking
    assert "review.reviewer is missing" in found.what


def test_an_announced_column_is_missing_from_its_day_on() -> None:
    source = contract()
    (table,) = source.tables

    def announced(day: date) -> SourceContract:
        columns = [
            replace(column, announced_for=day) if column.name == "reviewer" else column
            for column in table.columns
        ]
        return replace(source, tables=(replace(table, columns=tuple(columns)),))

    assert judged(announced(PARTITION + timedelta(days=1)), empty=("reviewer",)) == []
    assert the_finding(source=announced(PARTITION), empty=("reviewer",)).breaking


def test_a_day_of_deletes_alone_has_no_missing_column() -> None:
    assert judged(whole_rows=0, empty=("reviewer", "decision")) == []


def test_changed_type() -> None:
    found = the_finding(misfits={"reviewed_at": Misfits(6, 100)})
    assert found.breaking
    assert "6 of 100 values are no timestamp; the contract tolerates 5%" in found.what


def test_single_values_that_do_not_fit_are_left_to_silver() -> None:
    assert judged(misfits={"reviewed_at": Misfits(5, 100)}) == []
    assert judged(misfits={"reviewed_at": Misfits(2, 2)}) == []


def test_a_contract_may_tolerate_more_or_nothing() -> None:
    source = contract()

    def tolerating(share: float) -> SourceContract:
        columns = tuple(replace(column, misfits=share) for column in source.table("review").columns)
        return replace(source, tables=(replace(source.table("review"), columns=columns),))

    assert judged(tolerating(0.5), misfits={"reviewed_at": Misfits(50, 100)}) == []
    assert judged(tolerating(0.0), misfits={"reviewed_at": Misfits(3, 100)})[0].breaking


def test_null_key() -> None:
    found = the_finding(null_keys=1)
    assert found.breaking
    assert "1 of 100 rows have no value in the key account_id, reviewed_at" in found.what


def test_repeated_key() -> None:
    found = the_finding(repeated_keys=2)
    assert found.breaking
    assert "2 of 100 rows repeat a key (account_id, reviewed_at)" in found.what


def test_lines_that_are_no_rows_break_the_contract_when_they_are_many() -> None:
    assert judged(rejected=2) == []
    assert judged(rejected=5) == []
    assert the_finding(rejected=20).breaking
    assert "20 of 120 lines" in the_finding(rejected=20).what


def test_unusual_volume_is_said_and_stops_only_where_the_contract_asks_for_it() -> None:
    for promise, stops in (("tell", False), ("stop", True)):
        found = the_finding(source=volume(promise), past=steady(1000))
        assert found.breaking is stops
        assert "100 rows on 2026-11-18; the last 8 Wednesdays lead one to expect 700 to 1,300" in found.what


def test_a_first_load_with_history_is_not_held_against_single_days() -> None:
    assert judged(past=steady(1000), one_day=False) == []


def test_a_column_that_may_be_empty_and_suddenly_is_is_said() -> None:
    filled = Past((), {"reason": 0.85})
    found = the_finding(past=filled, empty=("reason",))
    assert not found.breaking
    assert "85% of rows had one" in found.what
    assert judged(past=Past((), {"reason": 0.05}), empty=("reason",)) == []
    assert judged(empty=("reason",)) == []


def test_several_things_are_found_at_once() -> None:
    found = judged(empty=("reviewer",), null_keys=3, misfits={"reviewed_at": Misfits(100, 100)})
    assert len({finding.subject for finding in found}) == 3


def test_a_partition_is_the_day_it_is_compared_for() -> None:
    assert date(2026, 11, 18) == PARTITION
    assert the_finding(past=steady(1000)).subject == "volume/review/2026-11-18"
