"""Silver's history and events, and dim_customer: after days of arrivals they are those of a rebuild."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.dbt.arrivals import DAYS, History, Landing
from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt

EXAMPLES = int(os.environ.get("ANY_ORDER_EXAMPLES", "1"))
CUSTOMERS = int(os.environ.get("ANY_ORDER_CUSTOMERS", "1000"))

STAGING = "models/silver/staging"
MODELS = ("int_customer__history", "int_journey__event", "dim_customer")
SELECT = ("--select", *(f"+{model}" for model in MODELS))
SILENT = ("crm_a", "crm_b", "drop_branch_referrals", "mobile_app", "nps", "support")
"""Sources of which these histories have no rows: staged once, so that identity finds their tables."""
COMPARED = {
    "silver.int_customer__history": "* exclude (fingerprint)",
    "gold_candidate.dim_customer": "*",
    "silver.int_journey__event": "*",
}

# A schedule's builds, by number of the day and how far each gets. A build of an earlier day follows one that
# was never published; one that stops in the middle was killed.
EVERY_DAY = ((0, "whole"), (1, "staging only"), (1, "whole"), (2, "events only"), (3, "whole"), (2, "whole"))
IN_TWO = ((1, "whole"), (3, "staging only"))
SPEAKING = ("--exclude", "quarantine_*", *(f"path:{STAGING}/{one}" for one in SILENT))
HOW_FAR = {
    "whole": (*SELECT, *SPEAKING),
    "staging only": ("--select", f"+dim_customer,path:{STAGING}", *SPEAKING),
    "events only": ("--select", "+int_journey__event", *SPEAKING),
}


@settings(
    max_examples=EXAMPLES,
    phases=[
        Phase.generate
    ],  # a smaller example costs as many builds, and the failing customer is named anyway
    derandomize=True,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(seed=st.integers(0, 2**32))
def test_however_its_rows_arrive_a_history_ends_as_a_rebuild_would_have_it(
    bronze: Bronze, dbt: Dbt, seed: int
) -> None:
    landing = Landing.prepared(bronze, History.of(seed, CUSTOMERS), _schedules(seed))
    ends = []
    for schedule, builds in enumerate((EVERY_DAY, IN_TWO)):
        landing.clear()
        dbt(
            "run",
            "--select",
            *(f"+int_identity__record,path:{STAGING}/{one}" for one in SILENT),
            partition=DAYS[0],
        )
        landed = -1
        for day, how_far in (*builds, (len(DAYS) - 1, "whole")):
            for step in range(landed + 1, day + 1):
                landing.land(step, schedule)
            landed = max(landed, day)
            dbt("run", *HOW_FAR[how_far], partition=DAYS[day])
        ends.append(_rows(bronze))
    dbt("run", "--full-refresh", *HOW_FAR["whole"], partition=DAYS[-1])
    rebuilt = _rows(bronze)
    assert all(rebuilt.values())
    for end in ends:
        for table in COMPARED:
            assert not _difference(end[table], rebuilt[table]), f"seed {seed}, {table}"


def _schedules(seed: int) -> Iterator[Random]:
    yield Random(f"{seed} every day")  # noqa: S311 - not for secrets
    yield Random(f"{seed} in two")  # noqa: S311


def _rows(bronze: Bronze) -> dict[str, Counter[tuple[Any, ...]]]:
    return {
        table: Counter(bronze.execute(f"select {columns} from {table}"))
        for table, columns in COMPARED.items()
    }


def _difference(ours: Counter[tuple[Any, ...]], rebuilt: Counter[tuple[Any, ...]]) -> list[Any]:
    """Up to ten rows that only one of them has."""
    return [
        *(("only after arrivals", row) for row in (ours - rebuilt)),
        *(("only in the rebuild", row) for row in (rebuilt - ours)),
    ][:10]
