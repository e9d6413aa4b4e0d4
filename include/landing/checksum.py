"""Checksums over rows, computed by the warehouse: of a partition as bronze keeps it, of a table's state.

Both are sums of one number per row, so they do not depend on the order of rows and see a row that is there
twice. They find differences; they do not withstand somebody who makes them on purpose.
"""

from __future__ import annotations

from collections.abc import Sequence

from snowflake.connector.cursor import SnowflakeCursor

from include.contracts import SourceContract, Table
from include.landing.manifest import Figures

HEX_DIGITS = 15  # a number below 2^60: a sum of ten to the nineteen of them still fits NUMBER(38, 0)


def of_partition(cursor: SnowflakeCursor, contract: SourceContract, table: Table, partition: str) -> Figures:
    """Rows of a partition and the checksum of what they say.

    Who loaded them, when and from which file is left out: the same day loaded by another run, or into another
    account, has the same checksum. So has a day from before a column that the contract came to name: what is
    null leaves no trace.
    """
    names = (*table.column_names, "_op", "_position", "_unchanged", "_rescued")
    # Each value after its column and its length, so that nothing can be taken for something else.
    text = " || ".join(
        f"coalesce('{name}:' || length({name}::varchar)::varchar || ':' || {name}::varchar, '')"
        for name in names
    )
    cursor.execute(
        f"select count(*), coalesce(sum({_number(text)}), 0) "  # noqa: S608 -- names from the contract
        f"from {contract.schema}.{table.name} where _partition = %s::date",
        (partition,),
    )
    ((rows, checksum),) = cursor.fetchall()
    return Figures(int(rows), int(checksum))


def of_state(
    cursor: SnowflakeCursor, contract: SourceContract, table: Table, columns: Sequence[str], position: str
) -> Figures:
    """The state that a table of changes adds up to at a position, over `columns`, in the form in which the
    source states its own (`include.extract.cdc.truth`).

    The latest row of each key counts, unless it is a delete or a truncate came after it. Columns that a
    change left out, because they are large and had not changed, have the value that was sent last.
    """
    target = f"{contract.schema}.{table.name}"
    left_out = _left_out(cursor, target, position)
    keys = ", ".join(table.key)
    chosen = ", ".join(_sent_last(name, keys) if name in left_out else name for name in columns)
    text = " || ".join(_hashed(name, was_left_out=name in left_out) for name in columns)
    cursor.execute(
        f"""
        with known as (
            select * from {target}
            where _op <> 'truncate' and _position <= %s and _position > coalesce(
                (select max(_position) from {target} where _op = 'truncate' and _position <= %s), ''
            )
        ), latest as (
            select {chosen}, _op
            from known
            qualify row_number() over (partition by {keys} order by _position desc nulls last) = 1
        )
        select count(*), coalesce(sum({_number(text)}), 0) from latest where _op <> 'delete'
        """,  # noqa: S608 -- names from the contract
        (position, position),
    )
    ((rows, checksum),) = cursor.fetchall()
    return Figures(int(rows), int(checksum))


def _number(text: str) -> str:
    return f"to_number(left(md5_hex({text}), {HEX_DIGITS}), '{'X' * HEX_DIGITS}')"


def _hashed(name: str, *, was_left_out: bool) -> str:
    if was_left_out:
        return f"coalesce(md5_hex(case when startswith({name}, '=') then substr({name}, 2) end), '-')"
    return f"coalesce(md5_hex({name}), '-')"


def _sent_last(name: str, keys: str) -> str:
    """The value sent last as `=<value>`, `-` where that was null: only a row that left it out has nothing."""
    left_out = f"contains(coalesce(_unchanged::varchar, ''), '\"{name}\"')"
    return (
        f"first_value(case when not {left_out} then coalesce('=' || {name}, '-') end) ignore nulls over ("
        f"partition by {keys} order by _position desc nulls last "
        f"rows between current row and unbounded following) as {name}"
    )


def _left_out(cursor: SnowflakeCursor, target: str, position: str) -> set[str]:
    cursor.execute(
        "select distinct field.value::varchar "  # noqa: S608 -- names from the contract
        f"from {target} as bronze, "
        "lateral flatten(input => try_parse_json(bronze._unchanged::varchar)) as field "
        "where bronze._unchanged is not null and bronze._position <= %s",
        (position,),
    )
    return {name for (name,) in cursor.fetchall()}
