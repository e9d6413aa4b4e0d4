import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from include.contracts import SourceContract
from include.extract import csv_rows, drops
from include.extract.batch import Window
from include.extract.errors import ContractViolationError, DamagedFileError, SourceNotReadyError
from tests.unit.extract.contracts import column, drop
from tests.unit.extract.dropping import DAY, HEADER, place, read, receipt

ANN = "p1,Ann,046-454-286,,2026-11-18"
BOB = "p2,Bob,,7,2026-11-18"


def test_rows_come_in_the_order_of_the_file_with_empty_fields_as_null(tmp_path: Path) -> None:
    place(tmp_path, HEADER, ANN, BOB)
    ann, bob = read(tmp_path)
    assert (ann["person_id"], ann["name"], ann["score"], ann["_position"]) == (
        "p1",
        "Ann",
        None,
        f"{DAY}/0000000000",
    )
    assert (bob["person_id"], bob["sin"], bob["score"], bob["_position"]) == (
        "p2",
        None,
        "7",
        f"{DAY}/0000000001",
    )
    assert str(ann["sin"]).startswith("hmac-sha256:test-1:")
    assert ann["_committed_at"] == datetime(2026, 11, 19, 5)  # noqa: DTZ001
    assert ann["_op"] == "read"


def test_columns_may_come_in_another_order_and_unknown_ones_are_rescued(tmp_path: Path) -> None:
    place(tmp_path, "name,person_id,branch,sin,score,updated_at,phone", "Ann,p1,North,,,x,046454286")
    (row,) = read(tmp_path)
    assert (row["person_id"], row["name"]) == ("p1", "Ann")
    rescued = json.loads(str(row["_rescued"]))
    assert rescued["branch"] == "North"
    assert rescued["phone"].startswith("hmac-sha256:")


def test_a_column_is_found_under_the_name_its_header_has(tmp_path: Path) -> None:
    contract = drop()
    (table,) = contract.tables
    columns = (replace(table.columns[0], physical_name="Person No."), *table.columns[1:])
    contract = replace(contract, tables=(replace(table, columns=columns),))
    place(tmp_path, HEADER.replace("person_id", "Person No."), ANN)
    assert [(row["person_id"], row["_rescued"]) for row in read(tmp_path, contract=contract)] == [
        ("p1", None)
    ]
    place(tmp_path, HEADER, ANN)
    with pytest.raises(
        ContractViolationError, match=r"people\.person\.person_id \(Person No\. at the source"
    ):
        read(tmp_path, contract=contract)


def announcing_a_nickname() -> SourceContract:
    """Its files of 19 November and later have one column more."""
    contract = drop()
    (table,) = contract.tables
    columns = (*table.columns, replace(column("nickname"), announced_for=date(2026, 11, 19)))
    return replace(contract, tables=(replace(table, columns=columns),))


def test_an_announced_column_may_be_missing_from_the_header_of_files_before_its_day(tmp_path: Path) -> None:
    contract = announcing_a_nickname()
    day = Window.of("2026-11-19")
    place(tmp_path, HEADER, ANN)
    assert [row["nickname"] for row in read(tmp_path, contract=contract)] == [None]
    place(tmp_path, f"{HEADER},nickname", f"{ANN},An")
    assert [(row["nickname"], row["_rescued"]) for row in read(tmp_path, contract=contract)] == [("An", None)]
    place(tmp_path, HEADER, ANN, day="2026-11-19")
    with pytest.raises(ContractViolationError, match=r"people_2026-11-19\.csv does not carry .*nickname"):
        read(tmp_path, day, contract=contract)


def test_a_file_of_an_earlier_day_sent_again_may_lack_what_was_announced_since(tmp_path: Path) -> None:
    contract = announcing_a_nickname()
    place(tmp_path, HEADER, ANN)
    drops.confirm(contract, tmp_path, receipt(tmp_path))
    place(tmp_path, HEADER, ANN, BOB)
    place(tmp_path, f"{HEADER},nickname", f"{ANN},An", day="2026-11-19")
    read_again = read(tmp_path, Window.of("2026-11-19"), contract=contract)
    assert [row["nickname"] for row in read_again] == [None, None, "An"]


@pytest.mark.parametrize("missing", ["people_2026-11-18.csv", "people_2026-11-18.csv.sha256"])
def test_a_file_or_manifest_that_is_not_there_is_waited_for(tmp_path: Path, missing: str) -> None:
    place(tmp_path, HEADER, ANN)
    (tmp_path / missing).unlink()
    with pytest.raises(
        SourceNotReadyError, match=r"people_2026-11-18\.csv.*compliance-operations in #compliance-ops"
    ):
        read(tmp_path)
    assert not SourceNotReadyError.permanent


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotReadyError, match="gone does not exist"):
        read(tmp_path / "gone")


@pytest.mark.parametrize("manifest", ["0" * 64 + "  people_2026-11-18.csv\n", "", "not a hash"])
def test_a_damaged_file_is_set_aside_with_the_reason(tmp_path: Path, manifest: str) -> None:
    file = place(tmp_path, HEADER, ANN)
    (tmp_path / f"{file.name}.sha256").write_text(manifest)
    with pytest.raises(DamagedFileError, match="send the file again, then clear this task"):
        read(tmp_path)
    assert DamagedFileError.permanent
    assert not file.exists()
    assert (tmp_path / "quarantine" / file.name).exists()
    record = json.loads((tmp_path / "quarantine" / f"{file.name}.damaged.json").read_text())
    assert (record["reason"], record["count"]) == ("checksum", 1)
    with pytest.raises(SourceNotReadyError):
        read(tmp_path)
    place(tmp_path, HEADER, ANN)
    assert len(read(tmp_path)) == 1


def test_a_second_damaged_file_does_not_replace_the_first(tmp_path: Path) -> None:
    for line in (ANN, BOB):
        file = place(tmp_path, HEADER, line)
        (tmp_path / f"{file.name}.sha256").write_text("0" * 64)
        with pytest.raises(DamagedFileError):
            read(tmp_path)
    kept = [
        path.read_text("utf-8-sig")
        for path in (tmp_path / "quarantine").glob("people_*.csv*")
        if ".json" not in path.name
    ]
    assert sum(ANN in text for text in kept) == 1
    assert sum(BOB in text for text in kept) == 1


def test_rows_that_do_not_fit_are_listed_with_line_and_reason_and_without_their_values(
    tmp_path: Path,
) -> None:
    file = place(tmp_path, HEADER, ANN, "p3,too,few", "", ",Nobody,,,x", BOB)
    assert [row["person_id"] for row in read(tmp_path)] == ["p1", "p2"]
    place_ = tmp_path / "quarantine" / f"{file.name}.rejected.json"
    record = json.loads(place_.read_text())
    assert record["count"] == 2
    assert record["rows"] == [
        {"line": 3, "reason": "3 fields under a header of 5"},
        {"line": 5, "reason": "no value in key person_id"},
    ]
    assert "Nobody" not in place_.read_text()
    assert drops.rejected_rows(tmp_path, [file.name]) == 2


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_line_of_a_rejected_row_is_the_editors_whatever_stands_in_quotes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_rows: int, line_end: str
) -> None:
    monkeypatch.setattr(csv_rows, "BATCH_ROWS", batch_rows)
    long_note = f'p4,"two{line_end}lines{line_end}{line_end}more",,,x'
    rows = (HEADER, ANN, long_note, "", "p3,too,few", BOB, long_note.replace("p4", ""), ANN, "p5,few")
    file = place(tmp_path, *rows, newline=line_end)
    assert [row["person_id"] for row in read(tmp_path)] == ["p1", "p4", "p2", "p1"]
    record = json.loads((tmp_path / "quarantine" / f"{file.name}.rejected.json").read_text())
    assert [(row["line"], row["reason"].split()[0]) for row in record["rows"]] == [
        (8, "3"),
        (13, "no"),
        (15, "2"),
    ]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("person_id,name,sin,updated_at", "p1,Ann,,x"), r"people\.person\.score"),
        ((HEADER + ",name", ANN + ",x"), "names name twice"),
        ((HEADER, 'p1,"Ann,,,x', BOB), "not proper CSV near line"),
    ],
)
def test_a_file_that_is_not_as_contracted_is_not_read(
    tmp_path: Path, lines: tuple[str, ...], says: str
) -> None:
    place(tmp_path, *lines)
    with pytest.raises(ContractViolationError, match=says):
        read(tmp_path)


def test_a_file_in_another_encoding_is_not_read(tmp_path: Path) -> None:
    place(tmp_path, HEADER, "p1,Zoë,,,x", encoding="windows-1252")
    with pytest.raises(ContractViolationError, match="is not utf-8-sig"):
        read(tmp_path)


def test_history_reads_every_file_of_its_days_and_needs_only_the_partitions(tmp_path: Path) -> None:
    for day in ("2026-11-15", "2026-11-17", DAY):
        place(tmp_path, HEADER, ANN.replace("p1", f"p{day[-2:]}"), day=day)
    window = Window.of(DAY, since=date(2026, 11, 15))
    found = read(tmp_path, window)
    assert [row["person_id"] for row in found] == ["p15", "p17", "p18"]
    assert [row["_position"] for row in found] == [f"{DAY}/{number:010d}" for number in range(3)]
    assert found[0]["_committed_at"] == datetime(2026, 11, 16, 5)  # noqa: DTZ001


def test_a_confirmed_file_is_archived_and_found_again(tmp_path: Path) -> None:
    file = place(tmp_path, HEADER, ANN)
    first, told = read(tmp_path), receipt(tmp_path)
    for _ in range(2):
        drops.confirm(drop(), tmp_path, told)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive"]
    assert (tmp_path / "archive" / file.name).exists()
    assert read(tmp_path) == first


def test_archiving_that_was_cut_short_is_finished(tmp_path: Path) -> None:
    file = place(tmp_path, HEADER, ANN)
    told = receipt(tmp_path)
    (tmp_path / "archive").mkdir()
    file.rename(tmp_path / "archive" / file.name)
    assert len(read(tmp_path)) == 1
    drops.confirm(drop(), tmp_path, told)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive"]
    assert len(read(tmp_path)) == 1


def test_a_file_replaced_after_it_was_read_is_not_archived_unread(tmp_path: Path) -> None:
    place(tmp_path, HEADER, ANN)
    told = receipt(tmp_path)
    file = place(tmp_path, HEADER, ANN, BOB)
    drops.confirm(drop(), tmp_path, told)
    assert file.exists()
    assert len(read(tmp_path)) == 2


def test_a_file_sent_again_is_read_instead_of_the_archived_one_which_is_kept(tmp_path: Path) -> None:
    place(tmp_path, HEADER, ANN)
    drops.confirm(drop(), tmp_path, receipt(tmp_path))
    place(tmp_path, HEADER, ANN, BOB)
    assert len(read(tmp_path)) == 2
    drops.confirm(drop(), tmp_path, receipt(tmp_path))
    assert len(read(tmp_path)) == 2
    assert len([path for path in (tmp_path / "archive").iterdir() if ".sha256" not in path.name]) == 2
