import json
from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.extract.errors import ContractViolationError
from include.extract.records import json_of, parse, rows_of, text_of
from tests.unit.extract.contracts import KEY, PERSON, column, rest

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


NICKNAMED = replace(
    PERSON,
    columns=(*PERSON.columns, replace(column("nickname", required=True), announced_for=date(2026, 11, 19))),
)


def nicknamed(*records: dict[str, object]) -> list[dict[str, object]]:
    found = rows_of(
        rest(None, NICKNAMED), NICKNAMED, records, cursor="updated_at", where="people GET /v1/people", key=KEY
    )
    return found.to_pylist()


def test_an_announced_field_may_be_missing_from_records_of_the_days_before_and_be_there_early() -> None:
    eve = {**ANN, "updated_at": "2026-11-19T04:59:59Z"}  # one second before midnight in Toronto
    before, early = nicknamed(eve, {**eve, "nickname": "An"})
    assert (before["nickname"], early["nickname"]) == (None, "An")
    assert (before["_rescued"], early["_rescued"]) == (None, None)


def test_an_announced_field_that_is_missing_on_its_day_breaks_the_contract() -> None:
    with pytest.raises(ContractViolationError, match=r"does not carry people\.person\.nickname"):
        nicknamed({**ANN, "nickname": "An"}, {**ANN, "updated_at": "2026-11-19T05:00:00Z"})


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


DEAL = replace(
    PERSON,
    name="deal",
    columns=(
        replace(column("deal_id", key=True), physical_name="Id"),
        replace(column("email", required=True), physical_name="properties.contact.email"),
        replace(column("amount"), physical_name="properties.amount"),
        replace(column("labels"), logical_type="array"),
        replace(column("updated_at", required=True), physical_name="Modified", default_timezone="UTC"),
    ),
)
SENT = {
    "Id": "d1",
    "properties": {"contact": {"email": "a@example.com", "vip": True}, "amount": "1.50", "colour": "red"},
    "labels": ["new"],
    "Modified": "2026-11-18 12:00:00.5",
}


def deals(*records: dict[str, object]) -> list[dict[str, object]]:
    source = rest(None, DEAL)
    table = rows_of(source, DEAL, records, cursor="updated_at", where="people GET /v1/deals", key=KEY)
    return table.to_pylist()


def test_a_column_is_found_where_the_source_has_it_and_the_rest_is_rescued_where_it_stood() -> None:
    (row,) = deals(SENT)
    assert [row[name] for name in DEAL.column_names] == [
        "d1", "a@example.com", "1.50", '["new"]', "2026-11-18 12:00:00.5"
    ]  # fmt: skip
    assert json.loads(str(row["_rescued"])) == {"properties": {"contact": {"vip": True}, "colour": "red"}}


def test_a_moment_without_offset_is_in_the_zone_the_contract_names() -> None:
    assert deals(SENT)[0]["_committed_at"] == datetime(2026, 11, 18, 12, 0, 0, 500_000)  # noqa: DTZ001


@pytest.mark.parametrize("outer", [{}, {"properties": None}, {"properties": {"contact": "nobody"}}])
def test_a_required_column_that_lies_inside_a_field_is_missed_by_both_names(outer: dict[str, object]) -> None:
    record = {name: value for name, value in SENT.items() if name != "properties"} | outer
    said = r"people\.deal\.email \(properties\.contact\.email at the source\)"
    with pytest.raises(ContractViolationError, match=said):
        deals(SENT, record)


def test_a_plain_value_in_a_nested_column_stays_json() -> None:
    assert [deals({**SENT, "labels": sent})[0]["labels"] for sent in ("none", None, {})] == [
        '"none"',
        None,
        "{}",
    ]
