"""What sources write becomes what it stands for, or a row in quarantine: nothing is guessed or rounded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt
from tests.dbt.small_world import DAY

NARROW_SPACE, FIXED_SPACE = "\u202f", "\u00a0"


KEYS = {
    "aml.alert": "alert_id",
    "card_ledger.card": "card_id",
    "crm_a.contact": "id",
    "drop_ad_spend.ad_spend": "campaign",
    "drop_branch_referrals.referral": "referral_id",
    "mobile_app.event": "event_id",
    "nps.response": "id",
}
"""The column of each table's key that tells the rows here apart."""
OTHER_KEYS = {"drop_ad_spend.ad_spend": {"channel": "podcast", "date": "2026-11-18"}}


@dataclass(frozen=True)
class Written:
    """A value as a source writes it, in which column of which model, and what silver has for it."""

    table: str
    column: str
    text: str
    model_column: str
    stands_for: Any


def of(table: str, column: str, model_column: str = "") -> Callable[[str, Any], Written]:
    return lambda text, stands_for: Written(table, column, text, model_column or column, stands_for)


spend = of("drop_ad_spend.ad_spend", "spend")
clicks = of("drop_ad_spend.ad_spend", "clicks")
deposit = of("drop_branch_referrals.referral", "expected_deposit")
referred = of("drop_branch_referrals.referral", "referred_at", "referred_local_time")
happened = of("mobile_app.event", "event_time", "happened_at")
modified = of("crm_a.contact", "system_modstamp", "updated_at")
opened = of("aml.alert", "opened_at")
answered = of("nps.response", "created_at")
issued = of("card_ledger.card", "issued_at")
limit = of("card_ledger.card", "credit_limit")

NINE = datetime.fromisoformat("2026-11-18 09:30")

WRITTEN = [
    spend("1204.50", Decimal("1204.50")),
    spend("$1,204.50", Decimal("1204.50")),
    spend("1,204", Decimal(1204)),
    spend("-$3", Decimal(-3)),
    spend("1,20", None),  # a decimal comma would be a hundred times too much
    spend("12,0450.1", None),
    spend("3.999", None),
    clicks("12,318", 12318),
    clicks("412", 412),
    clicks("12.5", None),
    deposit("28 712,00", Decimal(28712)),
    deposit(f"28{FIXED_SPACE}712,50", Decimal("28712.50")),
    deposit(f"1{NARROW_SPACE}028{NARROW_SPACE}712,5{FIXED_SPACE}$", Decimal("1028712.50")),
    deposit("900", Decimal(900)),
    deposit("1,204.50", None),
    limit("5000.00", Decimal(5000)),
    limit("5000.000", Decimal(5000)),
    limit("5,000", None),
    limit("5000.005", None),
    referred("2026-11-18 09:30", NINE),
    referred("2026-11-18T09:30:00", NINE),
    happened("2026-11-18 09:30:00.000000", NINE),
    happened("2026-11-18 04:30:00-05:00", NINE),
    happened("18 Nov 2026", None),
    modified("2026-11-18T09:30:00.000+0000", NINE),
    modified("2026-11-18T04:30:00.000-0500", NINE),
    modified("2026-11-18T09:30:00.000Z", NINE),
    modified("2026-11-18T09:30:00.000", None),
    opened("2026-11-18T09:30:00Z", NINE),
    issued("2026-11-18 04:30:00-05", NINE),
    issued("2026-11-18 15:00:00+05:30", NINE),
    answered("1794994200", NINE),
    answered("soon", None),
]


@pytest.mark.parametrize("table", KEYS)
def test_a_value_becomes_what_it_stands_for_or_is_in_quarantine(table: str, bronze: Bronze, dbt: Dbt) -> None:
    bronze.create()
    source, name = table.split(".")
    cases = {f"{number:03d}": one for number, one in enumerate(WRITTEN) if one.table == table}
    key = KEYS[table]
    for number, one in cases.items():
        bronze.land(
            f"raw_{table}", [{**OTHER_KEYS.get(table, {}), key: number, one.column: one.text}], partition=DAY
        )
    dbt("run", "--select", f"stg_{source}__{name}", f"quarantine_{source}", partition=DAY)
    silver = {row[key]: row for row in bronze.records(f"select * from silver.stg_{source}__{name}")}
    assert {number: silver[number][one.model_column] for number, one in cases.items()} == {
        number: one.stands_for for number, one in cases.items()
    }
    listed = bronze.execute(f"select row_key, column_name from silver.quarantine_{source}")
    unfit = [(number, one.column) for number, one in cases.items() if one.stands_for is None]
    assert (
        sorted(
            (number, column) for row_key, column in listed for number in row_key.split() if number in cases
        )
        == unfit
    )


@pytest.mark.parametrize(
    ("table", "column", "gone", "there"),
    [
        ("crm_a.contact", "is_deleted", "true", "false"),
        ("crm_b.deal", "archived", "true", "false"),
        ("support.ticket", "status", "deleted", "closed"),
    ],
)
def test_a_row_that_says_it_is_deleted_is_gone_and_comes_back_when_restored(
    table: str, column: str, gone: str, there: str, *, bronze: Bronze, dbt: Dbt
) -> None:
    bronze.create()
    source, name = table.split(".")

    def kept() -> list[tuple[str, ...]]:
        dbt("run", "--select", f"stg_{source}__{name}", partition=DAY)
        return [(str(row[0]),) for row in bronze.execute(f"select id from silver.stg_{source}__{name}")]

    bronze.land(f"raw_{table}", [{"id": "1", column: there}, {"id": "2", column: there}], partition=DAY)
    bronze.land(f"raw_{table}", [{"id": "1", column: gone}], partition=DAY)
    assert kept() == [("2",)]
    bronze.land(f"raw_{table}", [{"id": "1", column: there}], partition=DAY)
    assert sorted(kept()) == [("1",), ("2",)]


def test_fields_inside_a_nested_value_have_columns_of_their_own(bronze: Bronze, dbt: Dbt) -> None:
    bronze.create()
    answer = '{"id": "9", "email": "a@example.ca"}'
    bronze.land(
        "raw_nps.response", [{"id": "1", "person": answer}, {"id": "2", "person": "{"}], partition=DAY
    )
    bronze.execute(
        "insert into raw_nps.response select * replace ('3' as id) from raw_nps.response where id = '1'"
    )
    bronze.execute("update raw_nps.response set person = parse_json(person::varchar) where id = '3'")
    dbt("run", "--select", "stg_nps__response", partition=DAY)
    assert bronze.execute(
        "select id, respondent_id, email, phone from silver.stg_nps__response order by id"
    ) == [
        ("1", "9", "a@example.ca", None),
        ("2", None, None, None),
        ("3", "9", "a@example.ca", None),
    ]


def test_a_day_is_a_day(bronze: Bronze, dbt: Dbt) -> None:
    bronze.create()
    bronze.land(
        "raw_rates_engine.posted_rate", [{"series": "V1", "d": "2026-11-18", "v": "4.45"}], partition=DAY
    )
    dbt("run", "--select", "stg_rates_engine__posted_rate", partition=DAY)
    assert bronze.execute("select d, rate_percent from silver.stg_rates_engine__posted_rate") == [
        (date(2026, 11, 18), Decimal("4.45"))
    ]
