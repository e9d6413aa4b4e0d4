"""What a PostgreSQL database says of its own tables. Reads the catalogue and no row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

OURS = "governed_analytics"  # the schema of the heartbeat

_TABLES = """
select
    oid, nspname::text as schema, relname::text as name, relkind::text as kind,
    relpersistence::text as persistence, relispartition as is_partition, relreplident::text as identity,
    obj_description(oid, 'pg_class') as comment
from (select c.*, n.nspname from pg_class as c join pg_namespace as n on n.oid = c.relnamespace) as tables
where relkind in ('r', 'p', 'v', 'm', 'f') and nspname !~ '^pg_' and nspname not in ('information_schema', %s)
order by nspname, relname
"""
# A domain is resolved down to the type it stands on: that decides what values look like.
_COLUMNS = """
select
    a.attname::text as name, format_type(a.atttypid, a.atttypmod) as declared_type,
    base.typname::text as base_type, base.typcategory::text as category,
    a.attnotnull or declared.typnotnull as required, a.attgenerated <> '' as computed,
    col_description(a.attrelid, a.attnum) as comment,
    exists (
        select from pg_index as i
        where i.indrelid = a.attrelid and i.indisvalid and i.indimmediate
            and case when %(identity)s = 'i' then i.indisreplident else i.indisprimary end
            and a.attnum = any ((i.indkey::int2[])[0:i.indnkeyatts - 1])
    ) as key,
    array(
        select enumlabel::text from pg_enum where enumtypid = base.oid order by enumsortorder
    ) as labels,
    array(
        select pg_get_constraintdef(oid) from pg_constraint
        where contype = 'c' and convalidated
            and (conrelid = a.attrelid and conkey = array[a.attnum] or contypid = a.atttypid)
        order by conname
    ) as checks
from pg_attribute as a
join pg_type as declared on declared.oid = a.atttypid
cross join lateral (
    with recursive stands_on as (
        select declared.oid, declared.typbasetype
        union all
        select t.oid, t.typbasetype from stands_on as s join pg_type as t on t.oid = s.typbasetype
    )
    select t.* from stands_on as s join pg_type as t on t.oid = s.oid where s.typbasetype = 0
) as base
where a.attrelid = %(table)s and a.attnum > 0 and not a.attisdropped
order by a.attnum
"""


@dataclass(frozen=True)
class FoundColumn:
    """A column as the catalogue has it.

    Attributes:
        declared_type: as PostgreSQL writes it, `numeric(18,2)`; a domain by its own name.
        base_type, category: of the type below any domain: `pg_type.typname` and `typcategory`.
        key: whether it tells which row an update or a delete was about.
        labels: the values of an enum type; empty for others.
        checks: the definitions of validated check constraints on this column alone.
    """

    name: str
    declared_type: str
    base_type: str
    category: str
    required: bool
    computed: bool
    comment: str | None
    key: bool
    labels: tuple[str, ...]
    checks: tuple[str, ...]


@dataclass(frozen=True)
class FoundTable:
    """A table, or what else stands under a table's name.

    Attributes:
        kind: `pg_class.relkind`, `r` for an ordinary table.
        persistence: `pg_class.relpersistence`, `p` for one whose changes are logged.
        identity: `pg_class.relreplident`: `d` primary key, `i` an index, `f` whole rows, `n` nothing.
    """

    schema: str
    name: str
    kind: str
    persistence: str
    is_partition: bool
    identity: str
    comment: str | None
    columns: tuple[FoundColumn, ...]

    @property
    def full_name(self) -> str:
        """`schema.table`, as a contract names it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Database:
    """A database: its comment, and every table of it that is not PostgreSQL's or ours."""

    name: str
    comment: str | None
    tables: tuple[FoundTable, ...]


def read_catalogue(connection: psycopg.Connection[tuple[Any, ...]]) -> Database:
    """The database this connection leads to. Raises psycopg.Error."""
    name, comment = connection.execute(
        "select datname::text, shobj_description(oid, 'pg_database') from pg_database "
        "where datname = current_database()"
    ).fetchall()[0]
    tables = []
    for facts in connection.cursor(row_factory=dict_row).execute(_TABLES, [OURS]).fetchall():
        columns = _columns(connection, facts.pop("oid"), facts["identity"])
        tables.append(FoundTable(**facts, columns=columns))
    return Database(name, comment, tuple(tables))


def _columns(
    connection: psycopg.Connection[tuple[Any, ...]], table: int, identity: str
) -> tuple[FoundColumn, ...]:
    asked = {"table": table, "identity": identity}
    columns = connection.cursor(row_factory=dict_row).execute(_COLUMNS, asked).fetchall()
    return tuple(
        FoundColumn(**{**facts, "labels": tuple(facts["labels"]), "checks": tuple(facts["checks"])})
        for facts in columns
    )
