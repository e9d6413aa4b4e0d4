"""Where columns come from, in the shapes of SQL that models are written in."""

from __future__ import annotations

import pytest

from include.governance.lineage import Lineage, LineageError, Ref
from tests.unit.governance.small_project import SMALL, Sql, project

PARTY, TXN = "analytics.silver.stg_bank__party", "analytics.silver.stg_bank__txn"


def lineage(text: str, *, built: str = "") -> Lineage:
    return Lineage.of(project(int_x__y=Sql("silver/intermediate/x", text, built=built)))


def made_of(text: str, column: str = "x", *, built: str = "") -> tuple[set[str], set[str]]:
    derived = lineage(text, built=built).column(Ref("int_x__y", column))
    return {str(ref) for ref in derived.values}, {str(ref) for ref in derived.rows}


def test_a_column_is_followed_through_ctes_stars_unions_and_joins() -> None:
    values, rows = made_of(
        f"""with parties as (select * from {PARTY}),
        either as (select id, status from parties union all select party_id, kind from {TXN})
        select either.status as x from either inner join parties on either.id = parties.id"""
    )
    assert (values, rows) == ({"stg_bank__party.status", "stg_bank__txn.kind"}, set())


def test_what_is_counted_comes_from_the_rows_and_from_what_decides_about_them() -> None:
    values, rows = made_of(
        f"select kind, count(*) as x from {TXN} where posted_at > '2026-01-01' group by kind"
    )
    assert not values
    assert rows == {"stg_bank__txn.*", "stg_bank__txn.kind", "stg_bank__txn.posted_at"}


def test_a_literal_that_the_rows_choose_comes_from_the_rows() -> None:
    values, rows = made_of(
        f"""with kinds as (select 'a' as kind, 1 as x union all select 'b' as kind, 2 as x)
        select kinds.x from {TXN} as txn inner join kinds on txn.kind = kinds.kind"""
    )
    assert not values
    assert rows == {"stg_bank__txn.*", "stg_bank__txn.kind"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"select t.id, l.value as x from {TXN} as t, lateral flatten(input => split(t.kind, ',')) as l",
            {"stg_bank__txn.kind"},
        ),
        (
            f"""select p.id, t.posted_at as x from {PARTY} as p
            asof join {TXN} as t match_condition(p.opted_in >= t.posted_at) on p.id = t.party_id""",
            {"stg_bank__txn.posted_at"},
        ),
        (
            f"""with recursive chain as (
                select id, id as x from {PARTY} union all
                select t.id, chain.x from {TXN} as t inner join chain on t.party_id = chain.id
            ) select x from chain""",
            {"stg_bank__party.id"},
        ),
        (
            f"select (select max(t.kind) from {TXN} as t where t.party_id = p.id) as x from {PARTY} as p",
            {"stg_bank__txn.kind"},
        ),
        (f"select lag(kind) over (partition by party_id order by posted_at) as x from {TXN}", None),
        (
            f"select id as x from {PARTY} qualify row_number() over (order by status) = 1",
            {"stg_bank__party.id"},
        ),
    ],
    ids=["lateral flatten", "asof join", "recursive", "scalar subquery", "window", "qualify"],
)
def test_what_snowflake_adds_to_sql_is_followed(text: str, expected: set[str] | None) -> None:
    values, _ = made_of(text)
    everything = {"stg_bank__txn.kind", "stg_bank__txn.party_id", "stg_bank__txn.posted_at"}
    assert values == (everything if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"select hash(*) as x from {TXN}", r"has HASH\(\*\); name the columns"),
        (
            "select y as x from analytics.elsewhere.t as t",
            "could not be resolved|neither a model nor a source",
        ),
        (
            f"select * from {PARTY} pivot(max(status) for product in ('a', 'b'))",
            "whose columns are not known",
        ),
        ("select from where", "holds SQL that is not understood"),
        (f"select no_such as x from {PARTY}", "could not be resolved"),
    ],
)
def test_what_cannot_be_followed_is_said_and_not_skipped(text: str, says: str) -> None:
    with pytest.raises(
        LineageError, match=rf"int_x__y \(silver/intermediate/x\): cannot be followed.*({says})"
    ):
        lineage(text)


def test_an_incremental_model_is_made_of_what_either_of_its_texts_makes_it_of() -> None:
    values, _ = made_of(f"select status as x from {PARTY}", built=f"select product as x from {PARTY}")
    assert values == {"stg_bank__party.status", "stg_bank__party.product"}


def test_what_an_incremental_model_takes_from_itself_is_what_it_had_made_before() -> None:
    grown = lineage(
        f"select id, status as x from {PARTY}",
        built=f"""with due as (select due_key from analytics.silver.due_key where reader = 'int_x__y')
        select id, status as x from {PARTY} where id in (select due_key from due)
        union all select id, x from analytics.silver.int_x__y""",
    )
    derived = grown.column(Ref("int_x__y", "x"))
    assert derived.passes == Ref("stg_bank__party", "status")
    assert derived.values == {Ref("stg_bank__party", "status")}
    assert {str(ref) for ref in grown.queries["int_x__y"].rows} == {
        *("stg_bank__party.*", "stg_bank__party.id"),
        *("silver.due_key.*", "silver.due_key.due_key", "silver.due_key.reader"),
    }


def test_what_models_note_for_themselves_is_no_bronze() -> None:
    noted = lineage("select due_key as x from analytics.silver.due_key")
    assert not noted.to_bronze(Ref("int_x__y", "x"))


def test_the_published_set_is_the_candidates_lineage() -> None:
    watching = Sql("monitoring", "select figure as x from analytics.gold.mart_daily")
    values = Lineage.of(project(watching=watching)).column(Ref("watching", "x")).values
    assert values == {Ref("mart_daily", "figure")}


def test_a_path_names_every_column_between_gold_and_bronze() -> None:
    paths = Lineage.of(project(**SMALL)).to_bronze(Ref("fct_journey_event", "occurred_at"))
    ((bronze, path),) = paths.items()
    assert str(bronze) == "raw_bank.txn.posted_at"
    assert path.way == "values"
    assert [str(step) for step in path.steps] == [
        "fct_journey_event.occurred_at",
        "int_journey__event.occurred_at",
        "stg_bank__txn.posted_at",
        "raw_bank.txn.posted_at",
    ]


def test_a_count_of_active_customers_comes_from_activity_by_its_rows() -> None:
    paths = Lineage.of(project(**SMALL)).to_bronze(Ref("mart_daily", "figure"))
    assert paths[Ref("raw_bank.party", "opted_in")].way == "rows"
