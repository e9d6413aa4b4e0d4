"""The deals of both CRMs, from bronze to the pipeline."""

from __future__ import annotations

import pytest

from tests.dbt.bronze import Bronze
from tests.dbt.project import Dbt, DbtError
from tests.dbt.small_world import DAY, NOON, land_first_day

MADE = NOON.isoformat()


def opportunity(key: str, stage: str, amount: str | None, contact: str = "CA") -> dict[str, str | None]:
    return {
        "id": key,
        "contact_id": contact,
        "stage_name": stage,
        "amount": amount,
        "created_date": MADE,
        "is_deleted": "false",
    }


def deal(key: str, stage: str, amount: str | None, contact: str = "CB") -> dict[str, str | None]:
    return {
        "id": key,
        "primary_contact_id": contact,
        "dealstage": stage,
        "amount": amount,
        "createdate": MADE,
        "archived": "false",
    }


@pytest.fixture
def one_customer_in_both_crms(bronze: Bronze) -> Bronze:
    bronze.create()
    land_first_day(bronze)
    bronze.land("raw_crm_a.contact", [{"id": "CA", "party_number": "ANA"}], partition=DAY)
    bronze.land("raw_crm_b.contact", [{"id": "CB", "customer_number": "ana-again"}], partition=DAY)
    # The CRMs write party numbers in capitals; core banking's own, here, must be such as well.
    bronze.land(
        "raw_core_banking.party",
        [{"party_id": "ANA", "created_at": MADE}, {"party_id": "ANA-AGAIN", "created_at": MADE}],
        partition=DAY,
    )
    bronze.land(
        "raw_core_banking.party_merge",
        [{"retired_party_id": "ANA-AGAIN", "surviving_party_id": "ANA", "merged_at": MADE}],
        partition=DAY,
    )
    return bronze


def test_a_deal_that_both_crms_keep_is_in_the_pipeline_once_and_in_the_list_twice(
    one_customer_in_both_crms: Bronze, dbt: Dbt
) -> None:
    bronze = one_customer_in_both_crms
    bronze.land(
        "raw_crm_a.opportunity",
        [
            opportunity("A1", "Qualification", "500.0"),
            opportunity("A2", "Prospecting", "80.5"),
            opportunity("A3", "Prospecting", "7") | {"is_deleted": "true"},
        ],
        partition=DAY,
    )
    bronze.land(
        "raw_crm_b.deal",
        [
            deal("B1", "presentationscheduled", "500.00"),
            deal("B2", "appointmentscheduled", None),
            deal("B3", "closedwon", "500"),
        ],
        partition=DAY,
    )
    dbt("run", "--select", "+mart_deal_pipeline", partition=DAY)
    listed = bronze.execute(
        "select deal_id, party_id, stage, is_duplicate from gold_candidate.fct_deal order by deal_id"
    )
    assert listed == [
        ("A1", "ANA", "qualified", False),
        ("A2", "ANA", "prospect", False),
        ("B1", "ANA", "proposal", True),
        ("B2", "ANA", "prospect", False),
        ("B3", "ANA", "won", False),  # crm_a has one deal of 500: it stands for one of crm_b's
    ]
    pipeline = bronze.execute(
        "select stage, source_system, open_deals, duplicate_deals, amount::float, weighted_amount::float"
        " from gold_candidate.mart_deal_pipeline where open_deals + duplicate_deals > 0 order by 1, 2"
    )
    assert pipeline == [
        ("proposal", "crm_b", 0, 1, 0, 0),
        ("prospect", "crm_a", 1, 0, 80.5, 8.05),
        ("prospect", "crm_b", 1, 0, 0, 0),
        ("qualified", "crm_a", 1, 0, 500, 100),
    ]


def test_a_stage_that_the_contract_does_not_list_stops_the_build_before_gold(
    one_customer_in_both_crms: Bronze, dbt: Dbt
) -> None:
    bronze = one_customer_in_both_crms
    bronze.land("raw_crm_a.opportunity", [opportunity("A1", "Haggling", "500")], partition=DAY)
    dbt("run", "--select", "+int_sales__deal", partition=DAY)
    bronze.execute("drop table if exists gold_candidate.fct_deal")
    with pytest.raises(DbtError) as stopped:
        dbt("build", "--select", "int_sales__deal", "fct_deal", partition=DAY)
    assert "deal_stages_are_listed_in_the_contract: fail" in str(stopped.value)
    left = "select table_schema from information_schema.tables where lower(table_name) = 'fct_deal'"
    assert ("GOLD_CANDIDATE",) not in bronze.execute(left)


def test_a_stage_that_is_not_listed_cannot_be_stored_in_gold_where_tests_are_left_out(
    one_customer_in_both_crms: Bronze, dbt: Dbt
) -> None:
    bronze = one_customer_in_both_crms
    bronze.land("raw_crm_b.deal", [deal("B1", "closedandreopened", "500")], partition=DAY)
    with pytest.raises(DbtError, match=r"fct_deal: error: [^:]*\n.* NULL result in a non-nullable column"):
        dbt("run", "--select", "+fct_deal", partition=DAY)
