"""What is counted of rows on their way to the stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.contracts import Promises, SourceContract
from include.extract.batch import Batch
from include.landing.manifest import Misfits, TableProfile
from include.landing.profile import SAMPLE_ROWS, SHAPES, Profiler
from tests.unit.landing.rows import contract, reviews

NOT_TYPES = {
    "integer": ["1.0", "", "12a", "1e3"],
    "number": ["one", "NaN", "", "1.2.3", "12 34,5"],
    "boolean": ["maybe", "", "2"],
    "date": ["18/11/2026", "2026-11-18T00:00:00Z", "20261118"],
    "timestamp": ["2026-11-18 04:00:00", "1763438400", "18/11/2026 04:00+00", "2026-11-18"],
}
TYPES = {
    "integer": ["0", "-12", "12345678901234567890", "12,318"],
    "number": ["1.50", "-0.1", "1e-7", "3", "1,5", "$1,204.50", "28 712,00"],
    "boolean": ["t", "f", "true", "FALSE", "1"],
    "date": ["2026-11-18"],
    "timestamp": [
        "2026-11-18 04:00:00.123456+00",
        "2026-11-18T04:00:00Z",
        "2026-11-18T09:30:00-05:00",
        "2026-11-18T04:00:00.000+0000",
    ],
}


def unique() -> SourceContract:
    """Account reviews, which promise one row per key in a file."""
    return contract()


def profile(*batches: Batch, of: SourceContract | None = None) -> TableProfile:
    profiler = Profiler(of or contract())
    assert list(profiler.watched(batches)) == list(batches)
    return profiler.profile("review")


def with_column(batch: Batch, name: str, values: Sequence[Any]) -> Batch:
    index = batch.rows.schema.get_field_index(name)
    return Batch(
        batch.table, batch.rows.set_column(index, name, pa.array(values, batch.rows.schema.field(name).type))
    )


def typed(logical_type: str, values: Sequence[str | None]) -> Misfits:
    """What is counted of a column `reason` of this type with these values."""
    source = contract()
    columns = tuple(
        replace(column, logical_type=logical_type) if column.name == "reason" else column  # type: ignore[arg-type]
        for column in source.table("review").columns
    )
    of = replace(source, tables=(replace(source.table("review"), columns=columns),))
    batch = reviews(*[(f"A{number}", "clear") for number in range(len(values))])
    return profile(with_column(batch, "reason", values), of=of).misfits["reason"]


def test_rows_are_counted_over_all_batches() -> None:
    counted = profile(reviews(("A1", "clear")), reviews(("A2", "clear"), ("A3", "clear")))
    assert (counted.rows, counted.whole_rows, counted.null_keys, counted.repeated_keys) == (3, 3, 0, 0)


def test_no_rows_are_a_profile_too() -> None:
    assert profile().rows == 0
    assert profile(reviews()).rows == 0


def test_a_column_is_empty_when_no_row_has_a_value_in_it() -> None:
    assert profile(reviews(("A1", "clear"))).empty == ("reason",)
    second = with_column(reviews(("A2", "clear")), "reason", ["because"])
    assert profile(reviews(("A1", "clear")), second).empty == ()


@pytest.mark.parametrize("logical_type", sorted(SHAPES))
def test_a_value_fits_its_type_or_is_counted(logical_type: str) -> None:
    good, bad = TYPES[logical_type], NOT_TYPES[logical_type]
    assert typed(logical_type, [*good, None]) == Misfits(0, len(good))
    assert typed(logical_type, [*good, *bad, None]) == Misfits(len(bad), len(good) + len(bad))


def test_text_and_nested_values_always_fit() -> None:
    assert {"string", "object", "array"}.isdisjoint(SHAPES)


def test_restricted_values_are_hashes_and_have_no_type() -> None:
    source = contract()
    columns = tuple(
        replace(column, logical_type="integer", classification="restricted")
        if column.name == "reason"
        else column
        for column in source.table("review").columns
    )
    of = replace(source, tables=(replace(source.table("review"), columns=columns),))
    batch = with_column(reviews(("A1", "clear")), "reason", ["hmac-sha256:k:ab"])
    assert "reason" not in profile(batch, of=of).misfits


def test_a_row_without_its_key_is_counted() -> None:
    batch = with_column(reviews(("A1", "clear"), ("A2", "clear")), "account_id", [None, "A2"])
    assert profile(batch).null_keys == 1


def test_a_truncate_has_no_key_and_a_delete_has_nothing_else() -> None:
    gone = with_column(reviews(("", ""), op="truncate"), "account_id", [None])
    delete = reviews(("A1", "clear"), op="delete")
    for name in ("decision", "reviewer"):
        delete = with_column(delete, name, [None])
    counted = profile(gone, delete, of=contract("cdc"))
    assert (counted.null_keys, counted.rows, counted.whole_rows) == (0, 2, 0)
    # Once a whole row has come, a column that none of them fills is empty.
    whole = with_column(reviews(("A2", "clear"), op="insert"), "reviewer", [None])
    assert set(profile(delete, whole, of=contract("cdc")).empty) == {"reviewer", "reason"}


def test_a_row_that_left_out_a_large_value_does_not_make_the_column_look_empty() -> None:
    batch = with_column(reviews(("A1", "clear"), op="update"), "reviewer", [None])
    counted = profile(with_column(batch, "_unchanged", ['["reviewer"]']), of=contract("cdc"))
    assert counted.whole_rows == 0


def test_of_a_database_the_first_rows_of_each_batch_tell_the_type() -> None:
    many = reviews(*[(f"A{number}", "clear") for number in range(SAMPLE_ROWS + 5)])
    wrong = with_column(many, "reviewed_at", ["yesterday"] * many.rows.num_rows)
    assert profile(wrong, wrong, of=contract("cdc")).misfits["reviewed_at"] == Misfits(
        2 * SAMPLE_ROWS, 2 * SAMPLE_ROWS
    )
    assert profile(wrong).misfits["reviewed_at"].values == SAMPLE_ROWS + 5


@given(st.lists(st.sampled_from(["A1", "A2", "A3"]), max_size=12), st.integers(0, 12))
def test_repeated_keys_are_counted_however_rows_are_batched(accounts: list[str], cut: int) -> None:
    rows = [(account, "clear") for account in accounts]
    counted = profile(reviews(*rows[:cut]), reviews(*rows[cut:]), of=unique())
    assert counted.repeated_keys == len(accounts) - len(set(accounts))


decisions = st.lists(
    st.tuples(st.sampled_from(["A1", "A2"]), st.sampled_from(["clear", "freeze"])), max_size=4
)


@given(decisions, decisions, st.sampled_from(["snapshot", "delete"]), st.sampled_from(["", "R"]))
def test_two_profiles_add_up_to_that_of_all_rows(
    some: list[tuple[str, str]], others: list[tuple[str, str]], op: str, reviewer: str
) -> None:
    first, second = reviews(*some, op=op), reviews(*others, op="update")
    first = with_column(first, "reviewer", [reviewer or None] * len(some))
    second = with_column(second, "reviewed_at", ["yesterday"] * len(others))
    second = with_column(second, "account_id", [None] * len(others))
    of = contract("cdc")
    of = replace(of, tables=(replace(of.table("review"), promises=Promises()),))
    assert profile(first, of=of).plus(profile(second, of=of)) == profile(first, second, of=of)


def test_a_key_may_come_again_in_another_file() -> None:
    later = reviews(("A1", "clear"))
    moment = later.rows["_committed_at"][0].as_py()
    later = with_column(later, "_committed_at", [moment.replace(day=moment.day + 1)])
    assert profile(reviews(("A1", "clear")), later, of=unique()).repeated_keys == 0


def test_keys_are_not_even_looked_at_where_nobody_promised_anything() -> None:
    source = contract()
    of = replace(source, tables=(replace(source.table("review"), promises=Promises()),))
    assert profile(reviews(("A1", "clear"), ("A1", "clear")), of=of).repeated_keys == 0
