"""Nobody but dim_customer derives activity: each way to try is found, and what only looks like it is not."""

from __future__ import annotations

import pytest

from tests.unit.governance.small_project import CLAUSES, Sql, contract, told

DIMENSION = "analytics.gold_candidate.dim_customer"
EVENTS = "analytics.gold_candidate.fct_journey_event"
RULE = ({"name": "a_rule"}, {"name": "relationships", "column": "party_id"})


def mart(text: str, **columns: str) -> Sql:
    """A mart whose columns are technical, by name and type."""
    return Sql("gold/x", text, {name: (kind, "technical") for name, kind in columns.items()}, tests=RULE)


def test_the_project_as_it_is_derives_activity_once() -> None:
    assert told() == []


def test_reading_what_is_reserved_for_the_dimension_is_refused() -> None:
    reader = mart("select party_id from analytics.silver.int_customer__activity", party_id="varchar")
    assert told(mart_x=reader) == [
        "mart_x (clause 3.1): reads int_customer__activity, which is reserved for dim_customer; "
        "read dim_customer.is_active instead"
    ]


@pytest.mark.parametrize("name", ["is_active", "active", "was_active_before", "is_inactive", "lapsed"])
def test_a_flag_called_active_that_is_not_the_dimensions_is_refused(name: str) -> None:
    own = mart(
        f"select party_id, opt_in_operational as {name} from {DIMENSION}",
        party_id="varchar",
        **{name: "boolean"},
    )
    assert told(mart_x=own) == [
        f"mart_x.{name} (clause 3.1): is called active and is not dim_customer.is_active handed on; "
        "read dim_customer.is_active instead, or give another fact another name"
    ]


@pytest.mark.parametrize(
    "expression", ["is_active", "is_active::boolean", "coalesce(is_active, false)", "(is_active)"]
)
def test_the_flag_may_be_handed_on(expression: str) -> None:
    hands_on = mart(
        f"""with customers as (select * from {DIMENSION})
        select party_id, {expression} as is_active from customers""",
        party_id="varchar",
        is_active="boolean",
    )
    assert told(mart_x=hands_on) == []


@pytest.mark.parametrize(
    "expression", ["not is_active", "coalesce(is_active, true)", "is_active or opt_in_operational"]
)
def test_a_flag_that_is_changed_on_the_way_is_not_handed_on(expression: str) -> None:
    changed = mart(
        f"select party_id, {expression} as is_active from {DIMENSION}",
        party_id="varchar",
        is_active="boolean",
    )
    assert any("mart_x.is_active (clause 3.1): is called active" in line for line in told(mart_x=changed))


def test_a_count_of_active_customers_has_to_come_from_the_flag() -> None:
    figure = {"active_customers": "number"}
    of_the_flag = mart(f"select count(*) as active_customers from {DIMENSION} where is_active", **figure)
    of_another = mart(f"select count(*) as active_customers from {EVENTS}", **figure)
    assert told(mart_x=of_the_flag) == []
    assert told(mart_x=of_another) == [
        "mart_x.active_customers (clause 3.1): is called active and does not come from "
        "dim_customer.is_active; read dim_customer.is_active instead, or give another fact another name"
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "occurred_at >= dateadd(day, -30, '2026-11-18'::timestamp_ntz)",
        "dateadd('hour', 720, occurred_at) > '2026-11-18'",
        "occurred_at > '2026-11-18'::timestamp_ntz - interval '30 days'",
        "datediff(day, occurred_at, '2026-11-18') <= 30",
        "datediff(minute, occurred_at, '2026-11-18') between 0 and 43200",
        "occurred_at > dateadd(month, -1, '2026-11-18'::timestamp_ntz)",
    ],
)
def test_a_trailing_window_of_the_clauses_length_is_refused_however_it_is_written(condition: str) -> None:
    counts = mart(f"select party_id from {EVENTS} where {condition}", party_id="varchar")
    (problem,) = told(mart_x=counts)
    assert problem.startswith("mart_x (clause 3.1): holds the moment of a journey event against 720 hours: ")


@pytest.mark.parametrize(
    "condition",
    [
        "occurred_at >= dateadd(day, -14, '2026-11-18'::timestamp_ntz)",
        "occurred_at >= dateadd(minute, -30, '2026-11-18'::timestamp_ntz)",
        "datediff(day, occurred_at, '2026-11-18') <= 7",
        "event_type = '30'",
    ],
)
def test_another_window_is_no_activity(condition: str) -> None:
    assert told(mart_x=mart(f"select party_id from {EVENTS} where {condition}", party_id="varchar")) == []


def test_a_window_hidden_in_a_silver_model_is_found_there() -> None:
    hidden = Sql(
        "silver/intermediate/x",
        "select party_id, dateadd(day, 30, occurred_at) as until from analytics.silver.int_journey__event",
    )
    assert any(line.startswith("int_x__y (clause 3.1): holds the moment") for line in told(int_x__y=hidden))


def test_the_conditions_put_together_in_a_filter_are_found() -> None:
    chosen = mart(
        f"""select party_id from {DIMENSION}
        where last_customer_event_at > '2026-10-01' and opt_in_operational""",
        party_id="varchar",
    )
    assert told(mart_x=chosen) == [
        "mart_x (clause 3.1): chooses its rows by last_customer_event_at and opt-in or account status "
        "together; read dim_customer.is_active instead"
    ]


def test_the_conditions_put_together_over_two_models_are_found() -> None:
    first = mart(
        f"select party_id, last_customer_event_at as seen from {DIMENSION} where opt_in_operational",
        party_id="varchar",
        seen="timestamp_ntz(6)",
    )
    second = mart(
        "select party_id, seen > '2026-10-01' as is_lively from analytics.gold_candidate.mart_x",
        party_id="varchar",
        is_lively="boolean",
    )
    of_the_flag = [line for line in told(mart_x=first, mart_y=second) if line.startswith("mart_y.is_lively ")]
    assert len(of_the_flag) == 1
    assert "is made of last_customer_event_at and opt-in or account status together" in of_the_flag[0]


def test_silver_opt_ins_count_as_the_dimensions() -> None:
    chosen = mart(
        f"""select customers.party_id from {DIMENSION} as customers
        inner join analytics.silver.stg_bank__party as party
            on customers.party_id = party.id and party.opted_in = 'true'
        where customers.last_customer_event_at > '2026-10-01'""",
        party_id="varchar",
    )
    assert any("chooses its rows by last_customer_event_at and" in line for line in told(mart_x=chosen))


def test_figures_beside_each_other_are_not_put_together() -> None:
    beside = mart(
        f"""select party_id, count_if(opt_in_operational) as opted_in, max(last_customer_event_at) as latest
        from {DIMENSION} group by party_id""",
        party_id="varchar",
        opted_in="number",
        latest="timestamp_ntz(6)",
    )
    assert told(mart_x=beside) == []


def test_a_figure_under_the_clause_has_to_come_from_the_flag() -> None:
    other = Sql("gold/x", f"select count(*) as n from {EVENTS}", {"n": ("number", "3.1")}, tests=RULE)
    law = contract(c3_1=(*contract().clauses["3.1"].columns, "mart_x.n"))
    assert (
        "mart_x.n (clause 3.1): names the clause and does not come from dim_customer.is_active"
        in "\n".join(told(law, mart_x=other))
    )


def test_a_dimension_without_customers_may_say_what_the_clause_says_of_its_own_rows() -> None:
    text = "select distinct product, product = 'chequing' as is_primary from analytics.silver.stg_bank__party"
    columns = {"product": ("varchar", "technical"), "is_primary": ("boolean", "3.1")}
    rule = ({"name": "unique", "column": "product"}, {"name": "relationships", "column": "party_id"})
    law = contract(c3_1=(*CLAUSES["3.1"], "dim_product.is_primary", "dim_person.is_primary"))
    products, people = (
        Sql("gold/x", text, columns, tests=rule),
        Sql(
            "gold/x",
            text.replace("distinct product", "distinct product, id as party_id"),
            columns | {"party_id": ("varchar", "technical")},
            tests=rule,
        ),
    )
    bound = [
        problem for problem in told(law, dim_product=products, dim_person=people) if "is_primary" in problem
    ]
    assert bound == [
        "dim_person.is_primary (clause 3.1): names the clause and does not come from dim_customer.is_active; "
        "read dim_customer.is_active instead"
    ]


def test_a_mart_cannot_reserve_itself_out_of_the_rules() -> None:
    reserved = Sql(
        "gold/x",
        f"select party_id from {EVENTS}",
        {"party_id": ("varchar", "technical")},
        meta={"only_for": "mart_y"},
        tests=RULE,
    )
    assert told(mart_x=reserved) == [
        "mart_x (clause 3.1): says meta.only_for, and only an intermediate model of silver can be reserved; "
        "remove it",
        "mart_x (clause 3.1): says meta.only_for: mart_y; only dim_customer has models of its own: name it",
    ]


def test_activity_from_no_reserved_model_is_refused() -> None:
    text = (
        "select party_id, occurred_at as valid_from, dateadd(hour, 720, occurred_at) as valid_to "
        "from analytics.silver.int_journey__event"
    )
    assert any(
        line.startswith("dim_customer.is_active (clause 3.1): comes from no model that says meta.only_for")
        for line in told(int_customer__activity=Sql("silver/intermediate/customer", text))
    )
