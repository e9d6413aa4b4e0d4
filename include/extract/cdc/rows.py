"""One relation's changes as rows in the schema that landing takes."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from include.contracts import Table
from include.extract.batch import row_schema
from include.extract.cdc import messages as pg
from include.extract.cdc.errors import MalformedStreamError
from include.extract.cdc.frames import Cells, Frames, Mask, Places, Tuples
from include.extract.cdc.messages import Relation, Transactions
from include.extract.cdc.positions import positions
from include.extract.cdc.reread import Reread
from include.extract.identifiers import IdentifierKey

Indexes = NDArray[np.intp]
Columns = dict[str, pa.StringArray]

_OPERATIONS = pa.array(pg.OPERATIONS.values(), pa.string())
_OPERATION_OF = np.zeros(256, np.int64)
_OPERATION_OF[list(pg.OPERATIONS)] = range(len(pg.OPERATIONS))
_NO_VALUE = "\0"  # PostgreSQL's text cannot hold it


def truncated_row(table: Table, transactions: Transactions, index: int) -> pa.Table:
    """The row that says a table was emptied: every column null."""
    return assemble(table, {}, transactions.take(np.array([index])), pa.array(["truncate"]))


def changed_rows(
    relation: Relation,
    table: Table,
    frames: Frames,
    transactions: Transactions,
    changes: Indexes,
    *,
    key: IdentifierKey,
    reread: Reread,
) -> list[pa.Table]:
    """The rows that the insert, update and delete messages `changes`, all of one relation, stand for.

    An update of the business key is a change of two keys. The delete of the former one, numbered just before
    the update, comes in a second table.
    """
    width = len(relation.columns)
    now_at, updated, former_at = _places(frames, changes, width)
    now, former = Tuples(frames.data, now_at, width), Tuples(frames.data, former_at, width)
    columns: Columns = {}
    former_keys: Columns = {}
    unchanged: dict[str, Mask] = {}
    unknown: dict[str, Cells] = {}
    for name in relation.columns:
        before = former.next_column()
        cells = now.next_column().filled(updated, before)
        if name not in table.column_names:
            unknown[name] = cells
            continue
        columns[name] = cells.texts()
        unchanged[name] = cells.unchanged
        if name in table.key:
            former_keys[name] = before.texts()
    if not np.array_equal(now.at, frames.ends[changes]):
        raise MalformedStreamError(f"rows of {relation.name} do not end where their messages do")

    # A restricted column that is missing was renamed or dropped, so an unknown one may hold its values.
    hide_all = bool(set(table.restricted) - columns.keys())
    moved = _moved(columns, former_keys, updated)
    _complete(table, columns, unchanged, updated[moved], reread)
    when = transactions.take(changes)
    kinds = frames.data[frames.starts[changes]]
    rows = assemble(
        table,
        keyed(table, columns, key),
        when,
        _OPERATIONS.take(pa.array(_OPERATION_OF[kinds])),
        unchanged=_names(unchanged, len(changes)),
        rescued=_rescued(unknown, len(changes), key, hide_all=hide_all),
    )
    if not moved.any():
        return [rows]
    gone = {name: values.filter(pa.array(moved)) for name, values in former_keys.items()}
    before_the_update = when.take(updated[moved]).earlier()
    deletes = pa.repeat("delete", int(moved.sum()))
    return [rows, assemble(table, keyed(table, gone, key), before_the_update, deletes)]


def assemble(
    table: Table,
    columns: Mapping[str, pa.Array],
    when: Transactions,
    operations: pa.Array,
    *,
    unchanged: pa.Array | None = None,
    rescued: pa.Array | None = None,
) -> pa.Table:
    """Rows in `row_schema(table)`. Columns that are not given are null."""
    count = len(operations)
    nothing = pa.nulls(count, pa.string())
    arrays = [columns.get(name, nothing) for name in table.column_names]
    arrays += [operations, positions(when.lsns, when.numbers), pa.array(when.committed, pa.timestamp("us"))]
    arrays += [nothing if unchanged is None else unchanged, nothing if rescued is None else rescued]
    return pa.Table.from_arrays(arrays, schema=row_schema(table))


def _places(frames: Frames, changes: Indexes, width: int) -> tuple[Places, Indexes, Places]:
    """Where the rows begin; which of the changes are updates that bring a former row too; where that is.

    The row of a delete is the former one.
    """
    data = frames.data
    mark = frames.starts[changes] + 5  # behind the message's kind and the relation's oid
    row = mark + 1
    updated = np.flatnonzero((data[mark - 5] == pg.UPDATE) & (data[mark] != pg.NEW_ROW))
    former = row[updated]
    behind = Tuples(data, former, width).skip(width)
    if (data[behind] != pg.NEW_ROW).any():
        raise MalformedStreamError("an update's former row is not followed by its new one")
    row[updated] = behind + 1
    return row, updated, former


def _moved(columns: Columns, former_keys: Columns, updated: Indexes) -> Mask:
    """Which of the updates that bring a former row changed its business key."""
    moved = np.zeros(len(updated), np.bool_)
    if len(updated):
        for name, values in former_keys.items():
            now = columns[name].take(pa.array(updated)).fill_null(_NO_VALUE)
            moved |= pc.not_equal(values.fill_null(_NO_VALUE), now).to_numpy(zero_copy_only=False)
    return moved


def _complete(
    table: Table, columns: Columns, unchanged: Mapping[str, Mask], moved: Indexes, reread: Reread
) -> None:
    """Put in the large values that updates of the key did not send, where the source still has the row."""
    for index in moved.tolist():
        names = [name for name, mask in unchanged.items() if mask[index]]
        if not names or not columns.keys() >= set(table.key):
            continue
        row = {name: columns[name][index].as_py() for name in table.key}
        for name, value in reread(table, row, names).items():
            values = columns[name]
            columns[name] = pa.concat_arrays(
                [values[:index], pa.array([value], pa.string()), values[index + 1 :]]
            )
            unchanged[name][index] = False


def keyed(table: Table, columns: Columns, key: IdentifierKey) -> Columns:
    """The columns with restricted values replaced."""
    return {
        name: key.keyed(values) if name in table.restricted else values for name, values in columns.items()
    }


def _names(masks: Mapping[str, Mask], count: int) -> pa.Array | None:
    """Per row the names whose mask is set, as JSON; null where none is."""
    masks = {name: mask for name, mask in masks.items() if mask.any()}
    if not masks:
        return None
    patterns, which = np.unique(np.stack(list(masks.values()), axis=1), axis=0, return_inverse=True)
    named = [[name for name, is_set in zip(masks, pattern, strict=True) if is_set] for pattern in patterns]
    texts = [json.dumps(names, ensure_ascii=False) if names else None for names in named]
    return pa.array(texts, pa.string()).take(pa.array(which.reshape(count)))


def _rescued(
    unknown: Mapping[str, Cells], count: int, key: IdentifierKey, *, hide_all: bool
) -> pa.Array | None:
    """Per row the columns the contract does not name, as a JSON object of texts; what looks like a SIN keyed.

    With `hide_all` every value is.
    """
    if not unknown:
        return None
    objects: list[dict[str, str | None]] = [{} for _ in range(count)]
    for name, cells in unknown.items():
        values = key.keyed(cells.texts()) if hide_all else cells.texts()
        for row, value, unchanged in zip(objects, values.to_pylist(), cells.unchanged.tolist(), strict=True):
            if not unchanged:
                row[name] = value if hide_all or value is None else key.concealed(value)
    return pa.array([json.dumps(row, ensure_ascii=False) for row in objects], pa.string())
