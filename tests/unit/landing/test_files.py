import json
import resource
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.extract.batch import Batch
from include.landing.manifest import LandingError, Manifest, StagedFile
from include.landing.parquet import Load, WrittenFile, write
from tests.unit.landing.rows import PARTITION, contract, reviews

LOAD = Load(contract(), PARTITION, "manual__2026-11-19")
values = st.lists(
    st.tuples(st.text(max_size=5), st.sampled_from(["freeze", "clear", ""])), min_size=1, max_size=12
)


def written(folder: Path, *batches: Batch, load: Load = LOAD, **limits: int) -> list[WrittenFile]:
    return list(write(batches, load, folder, **limits))


def hashes(files: list[WrittenFile]) -> list[str]:
    return [file.staged.sha256 for file in files]


def test_a_file_holds_the_rows_and_what_every_row_of_the_run_has(tmp_path: Path) -> None:
    (file,) = written(tmp_path, reviews(("A1", "freeze"), ("A2", "clear"), rescued='{"x":1}'))
    rows = pq.read_table(file.path).to_pylist()
    assert [(row["account_id"], row["decision"], row["reason"]) for row in rows] == [
        ("A1", "freeze", None),
        ("A2", "clear", None),
    ]
    assert {(row["_partition"], row["_run_id"], row["_rescued"]) for row in rows} == {
        (PARTITION, "manual__2026-11-19", '{"x":1}')
    }


def test_a_file_is_named_by_source_table_and_positions(tmp_path: Path) -> None:
    (file,) = written(tmp_path, reviews(("A1", "freeze"), ("A2", "clear")))
    name = "drop_account_reviews__review__2026-11-18-0000000000__2026-11-18-0000000001.parquet"
    assert file.path.name == name
    assert file.staged == StagedFile(
        table="review",
        name=f"review/2026-11-18/{name}",
        rows=2,
        bytes=file.path.stat().st_size,
        sha256=file.staged.sha256,
        first_position="2026-11-18/0000000000",
        last_position="2026-11-18/0000000001",
    )


@given(values, st.integers(1, 12))
def test_the_hash_does_not_depend_on_how_rows_were_batched_or_who_ran(
    rows: list[tuple[str, str]], cut: int
) -> None:
    def in_folder(*batches: Batch, run: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            return hashes(
                written(Path(folder), *batches, load=Load(contract(), PARTITION, run), row_group_rows=5)
            )

    whole = in_folder(reviews(*rows), run="one")
    parts = in_folder(reviews(*rows[:cut]), reviews(*rows[cut:], first=len(rows[:cut])), run="another")
    assert whole == parts


@given(values, values)
def test_different_rows_have_different_hashes(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = hashes(written(Path(folder), reviews(*one)))
        second = hashes(written(Path(folder), reviews(*other)))
    assert (first == second) == (one == other)


def test_null_and_empty_text_and_shifted_text_are_different_rows(tmp_path: Path) -> None:
    batches = [
        reviews(("A", "B")),
        reviews(("AB", "")),
        reviews(("", "AB")),
        reviews(("A", "B"), op="insert"),
    ]
    empty = reviews(("A", "B"))
    reason = empty.rows.schema.get_field_index("reason")
    batches.append(Batch("review", empty.rows.set_column(reason, "reason", pa.array([""]))))
    batches += [reviews(("AB", ""), ("C", "")), reviews(("A", ""), ("BC", ""))]
    assert len({hashes(written(tmp_path, batch))[0] for batch in batches}) == len(batches)


def test_a_full_file_ends_and_the_next_begins_where_it_left_off(tmp_path: Path) -> None:
    rows = [(f"A{number}", "clear") for number in range(100)]
    files = written(tmp_path, reviews(*rows), file_bytes=1, row_group_rows=40)
    assert [file.staged.rows for file in files] == [40, 40, 20]
    read = [row["account_id"] for file in files for row in pq.read_table(file.path).to_pylist()]
    assert read == [account for account, _ in rows]
    reach = [(file.staged.first_position[-4:], file.staged.last_position[-4:]) for file in files]
    assert reach == [("0000", "0039"), ("0040", "0079"), ("0080", "0099")]


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    assert written(tmp_path) == []
    assert written(tmp_path, reviews()) == []


def test_files_come_one_at_a_time_in_memory_that_does_not_grow(tmp_path: Path) -> None:
    batch = reviews(*[(f"A{number}" * 20, "clear") for number in range(20_000)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    most, count = 0, 0
    for file in write((batch for _ in range(60)), LOAD, tmp_path, file_bytes=2**24, row_group_rows=20_000):
        most = max(most, len(list(tmp_path.glob("*.parquet"))))
        count += 1
        file.path.unlink()
    assert (most, count > 5) == (1, True)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 150, f"{grown:.0f} MiB for {60 * batch.rows.nbytes / 2**20:.0f} MiB of rows"


def test_rows_without_the_contracted_columns_are_refused(tmp_path: Path) -> None:
    batch = reviews(("A1", "freeze"))
    with pytest.raises(LandingError, match=r"drop_account_reviews\.review"):
        written(tmp_path, Batch("review", batch.rows.drop_columns(["reviewer"])))


def test_a_manifest_travels_as_plain_values() -> None:
    file = StagedFile("review", "review/2026-11-18/x.parquet", 2, 900, "ab", "1", "2")
    manifest = Manifest(
        "s", "1.0.0", "2026-11-18", "run", (file, StagedFile.empty("other", "2")), {"position": "2"}
    )
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    assert manifest.rows == {"review": 2, "other": 0}
