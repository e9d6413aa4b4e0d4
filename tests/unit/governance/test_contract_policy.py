"""Gold columns come from bronze, name their clauses and are described; models are tested as they must be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.governance.small_project import CLAUSES, SMALL, Sql, contract, told

MART = SMALL["mart_daily"]
FACT = SMALL["fct_journey_event"]


def test_a_clause_column_that_is_typed_in_is_refused() -> None:
    typed = replace(FACT, text=FACT.text.replace("event_type from", "'purchase'::varchar as event_type from"))
    assert told(fct_journey_event=typed) == [
        "fct_journey_event.event_type (clause 2.1): has no way to bronze: it is typed in as 'purchase'; "
        "derive it from a source, or name it technical if it speaks of the table and not of the bank"
    ]


def test_a_column_that_is_always_empty_is_refused() -> None:
    empty = replace(FACT, text=FACT.text.replace("event_type from", "null::varchar as event_type from"))
    assert told(fct_journey_event=empty) == [
        "fct_journey_event.event_type (clause 2.1): has no way to bronze: it is always empty; "
        "derive it from a source"
    ]


def test_a_calendar_reads_nothing_and_a_mart_must() -> None:
    calendar = Sql(
        "gold/shared",
        "select dateadd(day, seq4(), '2020-01-01'::date) as day from table(generator(rowcount => 9))",
        {"day": ("date", "technical")},
        tests=({"name": "a_rule"},),
    )
    assert told(dim_date=calendar) == []
    law = contract(c2_1=(*CLAUSES["2.1"], "mart_date.day"))
    (problem,) = told(law, mart_date=replace(calendar, columns={"day": ("date", "2.1")}))
    assert problem.startswith("mart_date.day (clause 2.1): has no way to bronze")


def test_a_dimension_that_reads_something_may_not_type_in_the_rest() -> None:
    dimension = SMALL["dim_customer"]
    typed = replace(dimension, text=dimension.text.replace("party.status as", "'active'::varchar as"))
    assert any(
        line.startswith("dim_customer.account_status (clause 3.1): has no way to bronze: it is typed in")
        for line in told(dim_customer=typed)
    )


def test_a_column_without_a_clause_is_refused() -> None:
    bare = replace(FACT, columns=FACT.columns | {"event_type": ("varchar", "")})
    assert told(fct_journey_event=bare) == [
        "fct_journey_event.event_type: names no clause of the metric contract; "
        "add `config: {meta: {clause: ...}}`: 2.1, or technical"
    ]


def test_a_clause_that_the_contract_does_not_have_is_refused() -> None:
    strange = replace(FACT, columns=FACT.columns | {"event_id": ("varchar", "9.9")})
    (problem,) = told(fct_journey_event=strange)
    assert problem.startswith(
        "fct_journey_event.event_id (clause 9.9): names clause 9.9, which METRIC-CONTRACT-2022-Q3 does not "
        "have; name one of 1.1, "
    )


def test_a_column_and_a_clause_must_name_each_other() -> None:
    claims = replace(FACT, columns=FACT.columns | {"event_id": ("varchar", "2.1")})
    assert told(fct_journey_event=claims) == [
        "fct_journey_event.event_id (clause 2.1): names a clause that does not name it; "
        "add fct_journey_event.event_id to the clause's `columns` and have the contract signed, "
        "or correct meta.clause"
    ]
    law = contract(c2_1=(*CLAUSES["2.1"], "fct_journey_event.event_id"))
    assert told(law) == [
        "fct_journey_event.event_id (clause 2.1): is named by a clause that it does not name; "
        "add the clause to its meta.clause"
    ]


def test_a_column_that_the_contract_names_has_to_be_built() -> None:
    law = contract(c5_1=("mart_weekly.reached",))
    assert told(law) == [
        "mart_weekly.reached (clause 5.1): is named by METRIC-CONTRACT-2022-Q3 and is not in gold; "
        "build it, or take it out of the clause and sign again"
    ]


def test_selected_and_described_columns_are_the_same() -> None:
    described = {name: column for name, column in FACT.columns.items() if name != "event_id"}
    assert told(fct_journey_event=replace(FACT, columns=described)) == [
        "fct_journey_event.event_id: is selected and not described; add it to fct_journey_event.yml"
    ]
    assert told(fct_journey_event=replace(FACT, columns=FACT.columns | {"gone": ("date", "technical")})) == [
        "fct_journey_event.gone: is described and not selected; take it out of fct_journey_event.yml"
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has no description"),
        ("The type of event.", "is described in 4 words"),
        ("Event type, event type, event.", "is described by its name alone"),
    ],
)
def test_a_column_is_described_in_words_of_its_own(text: str, says: str) -> None:
    poor = replace(FACT, descriptions={"event_type": text})
    (problem,) = told(fct_journey_event=poor)
    assert problem.startswith(
        f"fct_journey_event.event_type (clause 2.1): {says}; say in fct_journey_event.yml"
    )


def test_a_mart_without_a_business_rule_is_refused() -> None:
    shape = ({"name": "unique", "column": "day"},)
    assert told(mart_daily=replace(MART, tests=shape)) == [
        "mart_daily: has no test of a business rule; add dbt/tests/<what must hold>.sql that reads mart_daily"
    ]


def test_a_dimensions_key_in_another_table_is_tested_to_be_found() -> None:
    assert told(fct_journey_event=replace(FACT, tests=())) == [
        "fct_journey_event.party_id: is the key of dim_customer and nothing tests that it is found there; "
        "add the test `relationships` to dim_customer, or to the model that dim_customer has it from"
    ]


def test_values_that_stand_in_the_sql_are_listed_by_a_test() -> None:
    chosen = "(select 'low' as kind union all select 'high' as kind)"
    model = Sql(
        "gold/x",
        f"""select k.kind from analytics.silver.int_journey__event as e
        inner join {chosen} as k on e.event_type = k.kind""",
        {"kind": ("varchar", "technical")},
        tests=({"name": "a_rule"},),
    )
    assert told(fct_x=model) == [
        "fct_x.kind (clause technical): holds one of 2 values that stand in the SQL, and no test lists them; "
        "add among_contract_parameter or accepted_values"
    ]
    listed = replace(model, tests=({"name": "accepted_values", "column": "kind"},))
    assert told(fct_x=listed) == []


def test_an_intermediate_model_with_logic_has_a_unit_test() -> None:
    event = SMALL["int_journey__event"]
    assert told(int_journey__event=replace(event, unit_tests=0)) == [
        "int_journey__event: has logic and no unit test; add one to int_journey__event.yml for each rule"
    ]
    hands_on = Sql(
        "silver/intermediate/x", "select id, status from analytics.silver.stg_bank__party", unit_tests=0
    )
    assert told(int_x__y=hands_on) == []
