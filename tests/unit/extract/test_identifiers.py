import hashlib
import hmac
from types import SimpleNamespace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.extract.identifiers import IdentifierKey, IdentifierKeyError
from tests.unit.extract.contracts import KEY

SIN = "046454286"  # the published test number; its check digit is right


def keyed(*values: str | None) -> list[str | None]:
    hashes: list[str | None] = KEY.keyed(pa.array(values, pa.string())).to_pylist()
    return hashes


def test_a_value_becomes_the_keyed_hash_of_its_digits() -> None:
    expected = hmac.new(KEY.key, SIN.encode(), hashlib.sha256).hexdigest()
    assert keyed(SIN) == [f"hmac-sha256:test-1:{expected}"]


@given(st.lists(st.sampled_from(["", " ", "-", "\u2013", "\u00a0", "\u200b"]), min_size=10, max_size=10))
def test_separators_do_not_change_the_hash(separators: list[str]) -> None:
    written = "".join(separator + digit for separator, digit in zip(separators, SIN + " ", strict=True))
    assert keyed(written) == keyed(SIN)


def test_full_width_digits_do_not_change_the_hash() -> None:
    assert keyed("".join(chr(ord(digit) + 0xFEE0) for digit in SIN)) == keyed(SIN)


@given(st.text("0123456789", min_size=9, max_size=9), st.text("0123456789", min_size=9, max_size=9))
def test_different_numbers_have_different_hashes(one: str, other: str) -> None:
    assert (keyed(one) == keyed(other)) == (one == other)


def test_nothing_stays_nothing_so_that_blank_fields_do_not_match_each_other() -> None:
    assert keyed(None, "", " - ") == [None, None, None]


def test_another_key_gives_other_hashes() -> None:
    other = IdentifierKey("test-2", bytes(32))
    assert other.keyed(pa.array([SIN])).to_pylist() != keyed(SIN)


def test_the_type_of_the_column_is_kept() -> None:
    assert KEY.keyed(pa.array([SIN], pa.large_string())).type == pa.large_string()


def test_the_key_is_not_shown() -> None:
    assert KEY.key.hex() not in repr(KEY)
    assert repr(KEY.key) not in repr(KEY)


def test_a_connection_carries_id_and_key() -> None:
    connection = SimpleNamespace(login="test-1", password=KEY.key.hex())
    assert IdentifierKey.from_connection(connection) == KEY


@pytest.mark.parametrize(
    ("login", "password", "says"),
    [
        ("k1", "not hexadecimal", "not hexadecimal"),
        ("k1", "abcd", "2 bytes, fewer than 32"),
        ("k1", None, "0 bytes"),
        ("a:b", "00" * 32, "key id"),
        (None, "00" * 32, "key id"),
    ],
)
def test_an_unusable_key_says_what_to_set(login: str | None, password: str | None, says: str) -> None:
    with pytest.raises(IdentifierKeyError, match=says) as error:
        IdentifierKey.from_connection(SimpleNamespace(login=login, password=password))
    assert "connection identifier_key" in str(error.value)


@pytest.mark.parametrize("written", [SIN, "046 454 286", "046-454-286", " 046.454.286 "])
def test_what_looks_like_a_sin_is_hashed_where_no_contract_says_what_it_is(written: str) -> None:
    assert KEY.concealed(written) == keyed(SIN)[0]


@pytest.mark.parametrize("written", ["046454287", "12345678", "0464542860", "SIN 046454286?", ""])
def test_other_text_without_a_contract_is_left_as_it_is(written: str) -> None:
    assert KEY.concealed(written) == written
