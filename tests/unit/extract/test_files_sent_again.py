"""Late files, and files sent again: read once by the run that they belong to, and none left unread."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.extract.batch import Window
from include.extract.errors import DamagedFileError, SourceNotReadyError
from tests.unit.extract.dropping import DAY, HEADER, load, place, read, receipt

BEFORE, AFTER = "2026-11-16", "2026-11-19"
FIRST, CORRECTED, AGAIN = "p1,Ann,,1,x", "p1,Ann,,2,x", "p1,Ann,,3,x"
OWN = "p2,Bob,,,x"


def scores(rows: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(row["person_id"], row["score"]) for row in rows]


def archived(folder: Path, day: str) -> set[str]:
    """All that the archive holds of a day's file."""
    return {
        path.read_text("utf-8-sig")
        for path in (folder / "archive").glob(f"people_{day}.csv*")
        if ".sha256" not in path.name
    }


def test_a_late_file_is_left_to_the_run_of_its_own_day(tmp_path: Path) -> None:
    with pytest.raises(SourceNotReadyError):
        read(tmp_path, Window.of(BEFORE))
    place(tmp_path, HEADER, OWN)
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    assert scores(load(tmp_path)) == [("p2", None)]
    assert scores(load(tmp_path, BEFORE)) == [("p1", "1")]


def test_a_file_sent_again_with_corrections_comes_with_the_newest_days_run(tmp_path: Path) -> None:
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    load(tmp_path, BEFORE)
    place(tmp_path, HEADER, CORRECTED, day=BEFORE)
    place(tmp_path, HEADER, OWN)
    rows = load(tmp_path)
    assert scores(rows) == [("p1", "2"), ("p2", None)]
    assert [row["_position"] for row in rows] == [f"{DAY}/{number:010d}" for number in range(2)]
    assert archived(tmp_path, BEFORE) == {f"{HEADER}\n{FIRST}\n", f"{HEADER}\n{CORRECTED}\n"}
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_once_it_is_confirmed_it_is_not_read_again(tmp_path: Path) -> None:
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    load(tmp_path, BEFORE)
    place(tmp_path, HEADER, CORRECTED, day=BEFORE)
    place(tmp_path, HEADER, OWN)
    load(tmp_path)
    assert scores(load(tmp_path)) == [("p2", None)]
    place(tmp_path, HEADER, OWN, day=AFTER)
    assert scores(load(tmp_path, AFTER)) == [("p2", None)]


def test_a_file_corrected_twice_comes_twice_the_last_word_last(tmp_path: Path) -> None:
    positions = []
    for day, line in ((BEFORE, FIRST), (DAY, CORRECTED), (AFTER, AGAIN)):
        place(tmp_path, HEADER, line, day=BEFORE)
        if day != BEFORE:
            place(tmp_path, HEADER, OWN, day=day)
        positions += [(row["_position"], row["score"]) for row in load(tmp_path, day) if row["score"]]
    assert [score for _, score in sorted(positions)] == ["1", "2", "3"]


def test_a_run_of_an_older_day_leaves_it_to_the_newest(tmp_path: Path) -> None:
    """Its rows would stand before those of later partitions, which may hold a correction already."""
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    load(tmp_path, BEFORE)
    place(tmp_path, HEADER, CORRECTED, day=BEFORE)
    assert scores(read(tmp_path, Window.of(BEFORE), newest=False)) == [("p1", "1")]
    assert (tmp_path / f"people_{BEFORE}.csv").exists()


def test_a_file_sent_again_unchanged_is_archived_unread(tmp_path: Path) -> None:
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    load(tmp_path, BEFORE)
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    place(tmp_path, HEADER, OWN)
    assert scores(load(tmp_path)) == [("p2", None)]
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_it_is_left_alone_until_its_manifest_is_there(tmp_path: Path) -> None:
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    load(tmp_path, BEFORE)
    file = place(tmp_path, HEADER, CORRECTED, day=BEFORE)
    file.with_name(f"{file.name}.sha256").unlink()
    place(tmp_path, HEADER, OWN)
    assert scores(load(tmp_path)) == [("p2", None)]
    assert file.exists()


def test_a_damaged_one_is_set_aside_and_the_next_try_goes_on_without_it(tmp_path: Path) -> None:
    place(tmp_path, HEADER, FIRST, day=BEFORE)
    load(tmp_path, BEFORE)
    file = place(tmp_path, HEADER, CORRECTED, day=BEFORE)
    (tmp_path / f"{file.name}.sha256").write_text("0" * 64)
    place(tmp_path, HEADER, OWN)
    with pytest.raises(DamagedFileError, match=f"people_{BEFORE}"):
        read(tmp_path)
    assert (tmp_path / "quarantine" / file.name).exists()
    assert scores(load(tmp_path)) == [("p2", None)]


def test_files_that_other_sources_drop_into_the_folder_are_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    for name in (
        "others_2026-11-16.csv",
        "people_2026-13-45.csv",
        "people_.csv",
        "people_2026-11-16.csv.part",
    ):
        for folder in (tmp_path, tmp_path / "archive"):
            (folder / name).write_text("not ours")
            (folder / f"{name}.sha256").write_text("not ours")
    place(tmp_path, HEADER, OWN)
    assert list(receipt(tmp_path)) == [f"people_{DAY}.csv"]
