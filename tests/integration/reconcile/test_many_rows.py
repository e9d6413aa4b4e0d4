"""A hundred thousand keys: every planted difference is found under its cause, and nothing else is."""

from __future__ import annotations

from collections import Counter

from tests.integration.reconcile.desk import Desk

KEYS = 100_000
DAYS = 20


def test_planted_differences_are_found_among_many_rows(desk: Desk) -> None:
    desk.has_mart(
        "select dateadd(day, n % 20, '2026-11-01'::date)::date, 'customer ' || n, (n % 977) * 1.25 + 3, "
        "n % 13 * 100, "
        "'Tier ' || (n % 5) from (select row_number() over (order by null) - 1 as n "
        f"from table(generator(rowcount => {KEYS})))",
        columns="day date, branch varchar, spend number(18, 4), limit_amount int, tier varchar",
    )
    planted: Counter[tuple[str, str]] = Counter()
    lines = ["Day,Client,Spend,Limit,Tier"]

    def plant(column: str, cause: str) -> None:
        planted[column, cause] += 1

    for n in range(KEYS):
        day, key, spend, limit, tier = (
            n % DAYS + 1,
            f"customer {n}",
            n % 977 * 1.25 + 3,
            n % 13,
            f"Tier {n % 5}",
        )
        kind = n % 1000
        if kind == 1:
            plant("", "only_in_mart")
            continue
        if kind == 2:
            plant("", "only_in_legacy")
            lines.append(f"2026-11-{day:02},new {n},1,1,Tier 1")
        if kind == 3:
            plant("", "duplicate_in_legacy")
            lines.append(f"2026-11-{day:02},{key},{spend},{limit},{tier}")
        if kind == 4:
            plant("Spend", "definition")
            spend += 1
        if kind == 5:
            plant("Tier", "text_form")
            tier = f"TIER{n % 5}"
        if kind == 7:
            plant("", "day_shift")
            day += 1
        if limit and kind not in (3, 7):
            plant("Limit", "factor")
        lines.append(f"2026-11-{day:02},{key},{'' if kind == 6 else spend},{limit},{tier}")
        planted["Spend", "definition"] += kind == 6
    desk.has_extract("\n".join(lines) + "\n")
    columns = {"Spend": "spend", "Limit": {"mart": "limit_amount"}, "Tier": "tier"}
    found = desk.findings(keys={"Client": "branch"}, columns=columns)
    assert found.columns[1].factor == 0.01
    assert {(count.column, count.cause): count.rows for count in found.counts} == planted
