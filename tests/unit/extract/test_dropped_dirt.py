"""What files of real departments look like, each oddity by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.extract.errors import ContractViolationError
from tests.unit.extract.contracts import drop
from tests.unit.extract.dropping import HEADER, place, read

BRANCHES = drop(encoding="windows-1252", delimiter=";")
SEMICOLONS = HEADER.replace(",", ";")
PLAIN = drop(encoding="utf-8")


def test_windows_1252_keeps_its_letters_quotes_and_euro(tmp_path: Path) -> None:
    place(tmp_path, SEMICOLONS, "p1;“Zoë” — 5 € à Trois-Rivières;;;x", encoding="windows-1252")
    (row,) = read(tmp_path, contract=BRANCHES)
    assert row["name"] == "“Zoë” — 5 € à Trois-Rivières"


def test_utf_8_told_as_windows_1252_is_refused_where_it_cannot_be(tmp_path: Path) -> None:
    """Most of it can be, and is wrong; a byte that Windows-1252 leaves open gives it away."""
    place(tmp_path, SEMICOLONS, "p1;Á;;;x", encoding="utf-8")
    with pytest.raises(ContractViolationError, match="is not windows-1252"):
        read(tmp_path, contract=BRANCHES)


def test_a_byte_order_mark_that_no_contract_tells_of_is_refused(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,Ann,,,x", encoding="utf-8-sig")
    with pytest.raises(ContractViolationError, match=r"people\.person\.person_id"):
        read(tmp_path, contract=PLAIN)


def test_a_file_without_the_byte_order_mark_that_its_contract_tells_of_is_read(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,Ann,,,x", encoding="utf-8")
    assert [row["person_id"] for row in read(tmp_path)] == ["p1"]


def test_commas_between_semicolons_are_text(tmp_path: Path) -> None:
    place(tmp_path, SEMICOLONS, "p1;Côté, Hélène;;28 712,00;x", encoding="windows-1252")
    (row,) = read(tmp_path, contract=BRANCHES)
    assert (row["name"], row["score"]) == ("Côté, Hélène", "28 712,00")


def test_crlf_ends_a_row_and_is_no_part_of_its_last_field(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,Ann,,,x", "p2,Bob,,,y", newline="\r\n")
    assert [row["updated_at"] for row in read(tmp_path)] == ["x", "y"]


@pytest.mark.parametrize("inside", ["\n", "\r\n", "\r"])
def test_a_line_end_inside_quotes_is_text_as_it_was_sent(tmp_path: Path, inside: str) -> None:
    place(tmp_path, HEADER, f'p1,"Asked twice:{inside}fees? rates?",,,x', "p2,Bob,,,y", newline="\r\n")
    assert [row["name"] for row in read(tmp_path)] == [f"Asked twice:{inside}fees? rates?", "Bob"]


def test_quotes_inside_quotes_are_single_ones(tmp_path: Path) -> None:
    place(tmp_path, HEADER, 'p1,"Said ""call me""",,,x')
    assert read(tmp_path)[0]["name"] == 'Said "call me"'


def test_emoji_and_letters_of_any_script_are_kept(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,👩‍👩‍👧 Budget 寿司 🎯,,,x", encoding="utf-8")
    assert read(tmp_path, contract=PLAIN)[0]["name"] == "👩‍👩‍👧 Budget 寿司 🎯"


def test_a_nul_in_text_is_kept(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,old system: \x00end,,,x")
    assert read(tmp_path)[0]["name"] == "old system: \x00end"


@pytest.mark.parametrize("text", ["$1,204.50", "12,318", "0742", "1e3", "NaN", "-0", " 7 "])
def test_numbers_come_as_the_text_they_were_written_as(tmp_path: Path, text: str) -> None:
    place(tmp_path, HEADER, f'p1,Ann,,"{text}",x')
    assert read(tmp_path)[0]["score"] == text


def test_the_word_null_is_a_word(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,null,,N/A,x")
    row = read(tmp_path)[0]
    assert (row["name"], row["score"]) == ("null", "N/A")


def test_a_line_sent_twice_in_one_file_is_there_twice_in_its_order(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,Ann,,1,x", "p1,Ann,,2,x", "p1,Ann,,2,x")
    rows = read(tmp_path)
    assert [row["score"] for row in rows] == ["1", "2", "2"]
    assert len({row["_position"] for row in rows}) == 3


def test_a_day_without_a_line_is_a_file_with_its_header_alone(tmp_path: Path) -> None:
    place(tmp_path, HEADER)
    assert read(tmp_path) == []
