"""The decoder against a stream written from the protocol's documentation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.contracts import CdcTableRead, Column, Table
from include.extract.batch import row_schema
from include.extract.cdc.decoder import Decoder
from include.extract.cdc.errors import MalformedStreamError
from include.extract.identifiers import IdentifierKey
from tests.unit.extract.cdc.stream import (
    COMMITTED,
    UNCHANGED,
    begin,
    column,
    commit,
    delete,
    described_type,
    insert,
    logical_message,
    origin,
    relation,
    row,
    truncate,
    update,
)

KEY = IdentifierKey("test-1", b"k" * 32)
ITEM = Table(
    "item",
    "the items",
    tuple(
        Column(name, "string", "text", name == "id", name == "id", classification, name)
        for name, classification in (("id", "internal"), ("name", "internal"), ("sin", "restricted"))
    ),
    CdcTableRead("public.item"),
)
HEAD = relation(1, "public.item", "id", "name", "sin")


def nothing_there(*_: object) -> dict[str, str | None]:
    return {}


def make(after: int = 0, before: int = 1 << 62) -> Decoder:
    return Decoder({"public.item": ITEM}, after=after, before=before, key=KEY, reread=nothing_there)


def decode(*messages: bytes, decoder: Decoder | None = None) -> list[dict[str, Any]]:
    batches = list((decoder or make()).feed(column(*messages)))
    assert all(batch.rows.schema == row_schema(ITEM) for batch in batches)
    return [row for batch in batches for row in batch.rows.to_pylist()]


def test_insert() -> None:
    (got,) = decode(begin(0x16B3748), HEAD, insert(1, "1", "é🐝", ""), commit(0x16B3748))
    assert got == {
        "id": "1",
        "name": "é🐝",
        "sin": None,  # nothing in it: not an identifier
        "_op": "insert",
        "_position": "00000000016B3748/0000000002",
        "_committed_at": COMMITTED.replace(tzinfo=None),
        "_unchanged": None,
        "_rescued": None,
    }


def test_empty_text_and_null_differ() -> None:
    rows = decode(begin(1), HEAD, insert(1, "1", "", None), insert(1, "2", None, None))
    assert [row["name"] for row in rows] == ["", None]


@pytest.mark.parametrize("mark", [b"K", b"O"])
def test_former_row_of_an_update_that_kept_the_key_leaves_no_trace(mark: bytes) -> None:
    (got,) = decode(begin(1), HEAD, update(1, "1", "new", None, former=("1", "old", None), mark=mark))
    assert (got["_op"], got["id"], got["name"]) == ("update", "1", "new")


def test_update_of_the_key_deletes_the_former_one_just_before() -> None:
    rows = decode(
        begin(1), HEAD, update(1, "2", "a", "123", former=("1", None, None)), insert(1, "1", "b", None)
    )
    assert [(row["_op"], row["id"], row["name"]) for row in rows] == [
        ("delete", "1", None),
        ("update", "2", "a"),
        ("insert", "1", "b"),
    ]
    assert [row["_position"][-2:] for row in rows] == ["01", "02", "04"]


def test_unchanged_values_are_named_per_row() -> None:
    rows = decode(
        begin(1),
        HEAD,
        update(1, "1", UNCHANGED, UNCHANGED),
        update(1, "2", "a", UNCHANGED),
        update(1, "3", "a", "b"),
    )
    assert [row["_unchanged"] and json.loads(row["_unchanged"]) for row in rows] == [
        ["name", "sin"],
        ["sin"],
        None,
    ]
    assert rows[0]["name"] is None


def test_unchanged_value_is_taken_from_the_former_row() -> None:
    (got,) = decode(begin(1), HEAD, update(1, UNCHANGED, UNCHANGED, "1", former=("9", "big", "1"), mark=b"O"))
    assert (got["id"], got["name"], got["_unchanged"]) == ("9", "big", None)


def test_unchanged_value_under_a_new_key_is_asked_for_and_replaced_if_restricted() -> None:
    asked: list[object] = []

    def reread(table: Table, key: Mapping[str, str | None], names: Sequence[str]) -> Mapping[str, str | None]:
        asked.append((table.name, dict(key), list(names)))
        return {"name": "big", "sin": "046454286"}

    decoder = Decoder({"public.item": ITEM}, after=0, before=9, key=KEY, reread=reread)
    moved = update(1, "2", UNCHANGED, UNCHANGED, former=("1", None, None))
    rows = decode(begin(1), HEAD, update(1, "5", UNCHANGED, None), moved, decoder=decoder)
    assert asked == [("item", {"id": "2"}, ["name", "sin"])]
    assert rows[0]["_unchanged"] == '["name"]'
    assert (rows[2]["name"], rows[2]["_unchanged"]) == ("big", None)
    assert rows[2]["sin"] == KEY.keyed(pa.array(["046454286"]))[0].as_py()


def test_truncate_of_several_tables_empties_ours_in_its_place() -> None:
    other = relation(2, "public.other", "id")
    rows = decode(
        begin(1), HEAD, other, insert(1, "1", None, None), truncate(2, 1), insert(1, "2", None, None)
    )
    assert [(row["_op"], row["id"]) for row in rows] == [("insert", "1"), ("truncate", None), ("insert", "2")]


def test_other_tables_count_in_the_order_but_bring_no_rows() -> None:
    other = relation(2, "public.other", "a", "b")
    rows = decode(begin(1), HEAD, other, insert(2, "1", "2"), insert(1, "1", None, None), commit(1))
    assert [row["_position"][-2:] for row in rows] == ["04"]


def test_messages_that_are_no_changes_are_passed_over() -> None:
    rows = decode(
        begin(1), origin("elsewhere"), described_type(5, "mood"), HEAD, logical_message(b"hi"),
        insert(1, "1", None, None), commit(1),
    )  # fmt: skip
    assert [row["_position"][-2:] for row in rows] == ["02"]


def test_transactions_at_the_bounds_are_left_out() -> None:
    stream = [
        message for lsn in (10, 20, 30, 40) for message in (begin(lsn), HEAD, insert(1, lsn, None, None))
    ]
    assert [row["id"] for row in decode(*stream, decoder=make(after=10, before=40))] == ["20", "30"]


def test_columns_in_another_order_go_by_name() -> None:
    (got,) = decode(begin(1), relation(1, "public.item", "name", "id"), insert(1, "a", "1"))
    assert (got["id"], got["name"], got["sin"]) == ("1", "a", None)


def test_unknown_columns_are_rescued() -> None:
    head = relation(1, "public.item", "id", "name", "sin", "colour", "big")
    rows = decode(
        begin(1), head, insert(1, "1", None, None, 'r"é', None), update(1, "1", None, None, None, UNCHANGED)
    )
    assert [json.loads(row["_rescued"]) for row in rows] == [{"colour": 'r"é', "big": None}, {"colour": None}]


def test_unknown_columns_are_hidden_while_a_restricted_one_is_missing() -> None:
    (got,) = decode(
        begin(1), relation(1, "public.item", "id", "name", "nas"), insert(1, "1", None, "046454286")
    )
    assert "046454286" not in str(got)
    assert json.loads(got["_rescued"])["nas"].startswith("hmac-sha256:test-1:")


def test_relation_that_changes_in_the_middle_applies_from_there() -> None:
    narrow = relation(1, "public.item", "id", "sin")
    rows = decode(
        begin(1),
        HEAD,
        insert(1, "1", "a", None),
        narrow,
        insert(1, "2", None),
        HEAD,
        insert(1, "3", "c", None),
    )
    assert [(row["id"], row["name"]) for row in rows] == [("1", "a"), ("2", None), ("3", "c")]


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([begin(1), b"S\0\0\0\1"], "kind 'S'"),
        ([begin(1), insert(1, "1", None, None)], "relation 1 before its description"),
        ([begin(1), HEAD, insert(1, "1", None)], "3 columns"),
        ([begin(1), HEAD, insert(1, "1", None, None) + b"n"], "do not end where"),
        ([begin(1), HEAD, insert(1, "1", None, "cut short")[:-3]], "longer than its message"),
        ([begin(1), HEAD, insert(1, "1", None, None)[:7]], "ends before"),
        ([begin(1), HEAD[:20]], "name does not end"),
        (
            [begin(1), HEAD, update(1, "1", None, None)[:5] + b"K" + row("1", None, None) + b"X"],
            "not followed by",
        ),
    ],
)
def test_bytes_that_break_the_protocol_are_refused(messages: list[bytes], says: str) -> None:
    with pytest.raises(MalformedStreamError, match=says):
        decode(*messages)


texts = (
    st.none() | st.text(st.characters(codec="utf-8"), max_size=6) | st.text("x", min_size=200, max_size=400)
)
values = texts | st.just(UNCHANGED)
ids = st.integers(0, 9).map(str)
rows = st.tuples(ids, values, texts)
change = st.one_of(
    rows.map(lambda each: insert(1, *each)),
    rows.map(lambda each: update(1, *each)),
    st.tuples(rows, ids).map(lambda each: update(1, *each[0], former=(each[1], None, None))),
    st.tuples(rows, rows).map(lambda each: update(1, *each[0], former=each[1], mark=b"O")),
    ids.map(lambda each: delete(1, each, None, None)),
    st.just(truncate(1)),
    st.sampled_from([HEAD, relation(1, "public.item", "id", "name", "sin"), logical_message(b"x")]),
)
transactions = st.lists(st.lists(change, max_size=5), min_size=1, max_size=6)


@given(transactions, st.lists(st.integers(1, 40), max_size=6))
def test_how_the_stream_is_cut_into_batches_does_not_matter(
    stream: list[list[bytes]], cuts: list[int]
) -> None:
    messages = [HEAD]
    for lsn, changes in enumerate(stream, start=1):
        messages += [begin(lsn), *changes, commit(lsn)]
    whole = decode(*messages)
    decoder = make()
    edges = [0, *sorted(cut for cut in set(cuts) if cut < len(messages)), len(messages)]
    cut = [row for start, end in pairwise(edges) for row in decode(*messages[start:end], decoder=decoder)]
    assert cut == whole
    assert [row["_position"] for row in whole] == sorted({row["_position"] for row in whole})


@given(st.lists(st.tuples(texts, texts), max_size=30))
def test_any_text_comes_through(pairs: list[tuple[str | None, str | None]]) -> None:
    wide = Table("item", "the items", ITEM.columns[:2], CdcTableRead("public.item"))
    decoder = Decoder({"public.item": wide}, after=0, before=9, key=KEY, reread=nothing_there)
    head = relation(1, "public.item", "id", "name")
    # A slice: the column's first offset is not 0.
    messages = column(b"?", begin(1), head, *(insert(1, *pair) for pair in pairs))[1:]
    got = [(row["id"], row["name"]) for batch in decoder.feed(messages) for row in batch.rows.to_pylist()]
    assert got == pairs
