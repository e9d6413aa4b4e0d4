"""Reading a vendor's records: a half-open window of their cursor, in one fixed order."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import sql
from starlette.responses import Response

from include.sandbox.services.store import Store

EARLIEST = dt.datetime(1, 1, 2, tzinfo=dt.UTC)
LATEST = dt.datetime(9999, 12, 30, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Window:
    """Records whose cursor is at or after `since` and before `until`."""

    since: dt.datetime = EARLIEST
    until: dt.datetime = LATEST


@dataclass(frozen=True)
class Position:
    """The place of a record in the order: its cursor, then its id."""

    cursor_at: dt.datetime
    id: str


@dataclass(frozen=True)
class Record:
    """A record's place and its JSON, as stored."""

    position: Position
    json: str


def parse_moment(text: str) -> dt.datetime:
    """An RFC 3339 moment. Raises ValueError where it is none or has no offset."""
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


async def count(store: Store, table: str, window: Window, *, without: str = "") -> int:
    """How many records there are, those left out where the field `without` is true."""
    query = sql.SQL("select count(*) from {} where cursor_at >= %s and cursor_at < %s{}")
    rows = await store.read(query.format(_name(table), _unless(without)), (window.since, window.until))
    return int(rows[0][0])


async def by_offset(store: Store, table: str, window: Window, offset: int, limit: int) -> list[Record]:
    """`limit` records after skipping `offset`."""
    query = sql.SQL(
        "select cursor_at, id, record::text from {} where cursor_at >= %s and cursor_at < %s"
        " order by cursor_at, id limit %s offset %s"
    )
    return _records(await store.read(query.format(_name(table)), (window.since, window.until, limit, offset)))


async def after(
    store: Store,
    table: str,
    window: Window,
    position: Position | None,
    limit: int | None,
    *,
    without: str = "",
) -> list[Record]:
    """`limit` records (None: all) that follow `position`, or the first ones; left out as by `count`."""
    start = position or Position(window.since, "")
    query = sql.SQL(
        "select cursor_at, id, record::text from {} where cursor_at >= %s and cursor_at < %s"
        " and (cursor_at, id) > (%s, %s){} order by cursor_at, id limit %s"
    )
    parameters = (window.since, window.until, start.cursor_at, start.id, limit)
    return _records(await store.read(query.format(_name(table), _unless(without)), parameters))


def listing(key: str, records: Sequence[Record], rest: str = "") -> Response:
    """`{"<key>":[...]<rest>}` with the records' own JSON untouched."""
    body = f'{{"{key}":[{",".join(record.json for record in records)}]{rest}}}'
    return Response(body, media_type="application/json")


def _unless(field: str) -> sql.Composable:
    if not field:
        return sql.SQL("")
    return sql.SQL(" and record ->> {} <> 'true'").format(sql.Literal(field))


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))


def _records(rows: Sequence[tuple[dt.datetime, str, str]]) -> list[Record]:
    return [Record(Position(cursor_at, row_id), text) for cursor_at, row_id, text in rows]
