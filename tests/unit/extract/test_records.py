import json
from datetime import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.extract.errors import ContractViolationError
from include.extract.records import json_of, parse, rows_of, text_of
from tests.unit.extract.contracts import KEY, PERSON, rest

ANN = {"person_id": "p1", "name": "Ann", "sin": None, "score": None, "updated_at": "2026-11-18T12:00:00Z"}


def rows(*records: dict[str, object]) -> pa.Table:
    return rows_of(rest(), PERSON, records, cursor="updated_at", where="people GET /v1/people", key=KEY)


@pytest.mark.parametrize(
    "number", ["1.10", "0", "-0", "1e400", "12345678901234567890123", "0.1000000000000000055"]
)
def test_a_number_keeps_its_digits(number: str) -> None:
    assert text_of(parse(number.encode())) == number
    assert text_of(parse(f'{{"deep":[{number}]}}'.encode())) == f'{{"deep":[{number}]}}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values)
def test_a_nested_value_survives_being_text(value: object) -> None:
    assert json.loads(json_of(parse(json.dumps(value).encode()))) == value


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a":', b'{"a": NaN}', b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse(body)


def test_scalars_are_kept_as_sent() -> None:
    record = parse(
        b'{"person_id": 7, "name": "  A\\u0000nn ", "score": true, "updated_at": "2026-11-18T12:00:00Z"}'
    )
    (row,) = rows(record).to_pylist()
    assert (row["person_id"], row["name"], row["score"], row["sin"]) == ("7", "  A\0nn ", "true", None)


def test_half_an_emoji_becomes_the_replacement_character() -> None:
    (row,) = rows({**ANN, "name": json.loads('"A\\ud83d"')}).to_pylist()
    assert row["name"] == "A\ufffd"


def test_the_cursor_gives_the_moment_in_utc() -> None:
    (row,) = rows({**ANN, "updated_at": "2026-11-18T23:30:00.123456-05:00"}).to_pylist()
    assert row["_committed_at"] == datetime(2026, 11, 19, 4, 30, 0, 123456)  # noqa: DTZ001
    assert row["updated_at"] == "2026-11-18T23:30:00.123456-05:00"
    assert row["_op"] == "read"


def test_fields_the_contract_does_not_name_are_rescued() -> None:
    (known, more) = rows(ANN, {**ANN, "nickname": "Annie", "tags": [1.50]}).to_pylist()
    assert known["_rescued"] is None
    assert json.loads(more["_rescued"]) == {"nickname": "Annie", "tags": [1.5]}


def test_a_restricted_value_leaves_only_as_a_hash_under_its_name_or_another() -> None:
    table = rows({**ANN, "sin": "046 454 286", "social": {"number": "046-454-286"}, "digits": 46454286})
    (row,) = table.to_pylist()
    assert row["sin"].startswith("hmac-sha256:test-1:")
    assert json.loads(row["_rescued"])["social"]["number"] == row["sin"]


def test_a_missing_required_column_names_source_column_owner_and_next_step() -> None:
    record = {name: value for name, value in ANN.items() if name != "name"}
    with pytest.raises(ContractViolationError) as error:
        rows(ANN, record)
    said = str(error.value)
    assert "people.person.name" in said
    assert "kyc-operations in #kyc" in said
    assert "clear this task" in said
    assert ContractViolationError.permanent


def test_a_missing_optional_column_is_null() -> None:
    record = {name: value for name, value in ANN.items() if name != "score"}
    assert rows(record).to_pylist()[0]["score"] is None


@pytest.mark.parametrize("name", ["person_id", "updated_at"])
@pytest.mark.parametrize("value", [None, ""])
def test_a_record_without_key_or_cursor_breaks_the_contract(name: str, value: str | None) -> None:
    with pytest.raises(ContractViolationError, match=f"without a value in {name}"):
        rows({**ANN, name: value})


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-18T12:00:00", 1763467200])
def test_a_cursor_that_is_no_moment_breaks_the_contract(moment: object) -> None:
    with pytest.raises(ContractViolationError, match="not RFC 3339 with an offset"):
        rows({**ANN, "updated_at": moment})
