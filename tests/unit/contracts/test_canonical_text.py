"""What is signed is insensitive to nothing that a clause says."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from include.contracts import load_metric_contract
from include.contracts.canonical import canonical_text, digest, signed_parts

CONTRACT = load_metric_contract()
CLAUSES = st.sampled_from(sorted(CONTRACT.clauses))
CHARACTERS = st.characters(exclude_categories=["Cs"])
SCALARS = st.text(CHARACTERS, max_size=5) | st.integers() | st.booleans()
NAMES = st.text(CHARACTERS, max_size=5)
VALUES = st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(NAMES, one, max_size=3)
)
PARAMETERS = st.dictionaries(NAMES, VALUES, max_size=4)


def with_clause(clause, **changes):
    changed = replace(CONTRACT.clauses[clause], **changes)
    return replace(CONTRACT, clauses={**CONTRACT.clauses, clause: changed})


@given(clause=CLAUSES, field=st.sampled_from(["title", "owner", "sentence", "predicate"]), data=st.data())
def test_any_character_of_a_clauses_text_counts(clause, field, data):
    text = getattr(CONTRACT.clauses[clause], field)
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(CHARACTERS.filter(lambda character: character != text[at]))
    replaced, removed, added = (
        text[:at] + other + text[at + 1 :],
        text[:at] + text[at + 1 :],
        text[:at] + other + text[at:],
    )

    for changed in (replaced, removed, added):
        assert digest(with_clause(clause, **{field: changed})) != digest(CONTRACT)


@given(clause=CLAUSES, one=PARAMETERS, other=PARAMETERS)
def test_any_difference_between_parameters_counts(clause, one, other):
    texts = [canonical_text(with_clause(clause, parameters=parameters)) for parameters in (one, other)]

    assert (texts[0] == texts[1]) == identical(one, other)


@given(clause=CLAUSES, data=st.data())
def test_every_leaf_of_the_parameters_in_force_counts(clause, data):
    leaves = list(paths(CONTRACT.clauses[clause].parameters))
    if not leaves:
        return
    at = data.draw(st.sampled_from(leaves))
    old = value_at(CONTRACT.clauses[clause].parameters, at)
    new = data.draw(SCALARS.filter(lambda value: not identical(value, old)))

    assert digest(
        with_clause(clause, parameters=put(CONTRACT.clauses[clause].parameters, at, new))
    ) != digest(CONTRACT)


@given(clause=CLAUSES)
def test_version_date_and_columns_count(clause):
    now = CONTRACT.clauses[clause]

    for changes in (
        {"version": now.version + 1},
        {"effective": date(2023, 1, 1)},
        {"columns": (*now.columns, "t.c")},
    ):
        assert digest(with_clause(clause, **changes)) != digest(CONTRACT)


def test_text_moved_between_neighbouring_fields_counts():
    clause = CONTRACT.clauses["1.1"]
    moved = with_clause("1.1", sentence=clause.sentence + clause.predicate, predicate="")

    assert digest(moved) != digest(CONTRACT)


def test_the_digest_is_sha_256_of_the_text_and_every_part_has_one_line():
    text = canonical_text(CONTRACT)

    assert digest(CONTRACT) == hashlib.sha256(text.encode("utf-8")).digest()
    assert len(text.splitlines()) == len(signed_parts(CONTRACT)) == len(CONTRACT.clauses) + 2


def identical(one, other) -> bool:
    """Equal in value and type: to Python 1 equals True, to a reader of the contract it does not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(identical(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(identical, one, other))
    return type(one) is type(other) and one == other


def paths(value, at=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from paths(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from paths(item, (*at, index))
    else:
        yield at


def value_at(value, at):
    return value_at(value[at[0]], at[1:]) if at else value


def put(value, at, new):
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = put(value[at[0]], at[1:], new)
    return copy
