from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.extract.cdc.positions import LAST_NUMBER, from_pg, lsn_of, position, positions, to_pg

lsns = st.integers(0, 2**63 - 1)
numbers = st.integers(0, LAST_NUMBER)


@given(st.lists(st.tuples(lsns, numbers), min_size=1))
def test_many_at_once_are_what_each_is_alone(pairs: list[tuple[int, int]]) -> None:
    columns = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    assert positions(*columns).to_pylist() == [position(*pair) for pair in pairs]


@given(st.tuples(lsns, numbers), st.tuples(lsns, numbers))
def test_order_as_text_is_order_in_history(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (position(*one) < position(*other)) == (one < other)


@given(lsns, numbers)
def test_position_gives_its_lsn_back(lsn: int, number: int) -> None:
    assert lsn_of(position(lsn, number)) == lsn
    assert position(lsn, number) <= position(lsn)


@given(lsns)
def test_lsn_survives_postgresqls_way_of_writing_it(lsn: int) -> None:
    assert from_pg(to_pg(lsn)) == lsn


@pytest.mark.parametrize("text", ["", "0/16B3748", "2026-11-18/0000000001", "00000000016b3748/0000000002"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a position"):
        lsn_of(text)
