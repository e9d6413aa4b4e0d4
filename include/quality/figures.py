"""An expectation that two ways of counting the same thing agree."""

from __future__ import annotations

from typing import Any

from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation


class ExpectFiguresToAgree(UnexpectedRowsExpectation):
    """Holds when ``unexpected_rows_query`` returns no row.

    The query returns one row per disagreement, with the columns ``figure`` (what was counted), ``expected``
    and ``observed``: counts and dates only, since the report quotes them.
    """

    def _validate(self, metrics: dict[str, Any], *_: Any, **__: Any) -> dict[str, Any]:
        rows = metrics["unexpected_rows_query.table"]
        told = "; ".join(f"{row['figure']}: {row['observed']} instead of {row['expected']}" for row in rows)
        return {"success": not rows, "result": {"observed_value": told or "agreement"}}
