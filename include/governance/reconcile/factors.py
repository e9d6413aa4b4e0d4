"""Units: the one factor, if there is one, that explains a whole column of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from snowflake.connector.cursor import SnowflakeCursor

from include.governance.reconcile.causes import FACTOR_ROWS, FACTOR_SHARE
from include.governance.reconcile.plan import Pair, Plan
from include.governance.reconcile.tables import PAIRED

COMMON = tuple(
    sign * size for sign in (1.0, -1.0) for size in (1.0, 10.0, 100.0, 1e3, 1e6, 0.1, 0.01, 1e-3, 1e-6)
)
SNAP = 0.005
MOST_DECIMALS = 6
LEAST_DIGITS = 0.05  # of a value: where rounding may move it further than this, it proves no factor


@dataclass(frozen=True)
class Factor:
    """Legacy = ``times`` the mart's value; ``half_unit`` is half of the last decimal the extract writes."""

    times: float
    half_unit: float

    def explains(self, pair: Pair, left: str, right: str) -> str:
        """SQL: whether a pair of values differs by this factor and nothing more than rounding."""
        distance = f"abs({left}::double - {self.times!r} * {right}::double)"
        rounding = f"least({self.half_unit!r}, {LEAST_DIGITS} * abs({left}::double))"
        return (
            f"coalesce({left} <> 0 and {distance} <= greatest({pair.absolute:f}, {rounding}) "
            f"+ 0.000001 * abs({left}::double), false)"
        )


def find_factors(cursor: SnowflakeCursor, plan: Plan) -> dict[int, Factor]:
    """Number of a compared column -> its factor, for those that have one."""
    numbers = [index for index, pair in enumerate(plan.columns) if pair.kind == "number"]
    numbers = _unlike(cursor, numbers) if numbers else []
    if not numbers:
        return {}
    suspects = {
        index: factor
        for index, told in _measures(cursor, numbers).items()
        if (factor := _suspect(told)) is not None
    }
    if not suspects:
        return {}
    counts = ", ".join(
        f"count_if({factor.explains(plan.columns[index], f'l{index}', f'm{index}')}), "
        f"count_if(l{index} <> 0 and m{index} <> 0)"
        for index, factor in suspects.items()
    )
    cursor.execute(f"select {counts} from {PAIRED} where row_cause is null and in_span")  # noqa: S608
    (row,) = cursor.fetchall()
    shares = zip(suspects, row[::2], row[1::2], strict=True)
    return {index: suspects[index] for index, fits, all_ in shares if int(fits) >= FACTOR_SHARE * int(all_)}


def _unlike(cursor: SnowflakeCursor, numbers: Sequence[int]) -> list[int]:
    """Columns that are equal in too few rows to be of one unit; the dearer questions are for these."""
    counts = ", ".join(
        f"count_if(l{i} <> 0 and m{i} <> 0), count_if(l{i} <> 0 and l{i} = m{i})" for i in numbers
    )
    cursor.execute(f"select {counts} from {PAIRED} where row_cause is null and in_span")  # noqa: S608
    (row,) = cursor.fetchall()
    told = zip(numbers, row[::2], row[1::2], strict=True)
    return [
        index
        for index, every, same in told
        if int(every) >= FACTOR_ROWS and int(same) <= (1 - FACTOR_SHARE) * int(every)
    ]


def _measures(cursor: SnowflakeCursor, numbers: Sequence[int]) -> Mapping[int, Sequence[Any]]:
    """Column -> the median ratio of pairs without a zero, legacy values with more than 0, 1, ... decimals."""
    width = 1 + MOST_DECIMALS
    measures = ", ".join(
        f"median(case when l{i} <> 0 and m{i} <> 0 then l{i}::double / m{i}::double end), "
        + ", ".join(f"count_if(round(l{i}, {places}) <> l{i})" for places in range(MOST_DECIMALS))
        for i in numbers
    )  # fmt: skip
    cursor.execute(f"select {measures} from {PAIRED} where row_cause is null and in_span")  # noqa: S608
    (row,) = cursor.fetchall()
    return {index: row[place * width : (place + 1) * width] for place, index in enumerate(numbers)}


def _suspect(told: Sequence[Any]) -> Factor | None:
    ratio, *with_more = told
    near = min(COMMON, key=lambda common: abs(float(ratio) / common - 1))
    times = near if abs(float(ratio) / near - 1) <= SNAP else float(f"{float(ratio):.6g}")
    if times == 1.0:
        return None
    decimals = next((places for places, count in enumerate(with_more) if not int(count)), MOST_DECIMALS)
    return Factor(times, 0.5 * 10.0**-decimals)
