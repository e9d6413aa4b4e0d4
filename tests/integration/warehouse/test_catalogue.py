"""Roles, grants, tags and policies are recorded and can be read back."""

from __future__ import annotations

import uuid

import pytest

from tests.integration.warehouse.clients import Sql


@pytest.fixture
def role(sql: Sql) -> str:
    name = f"R_{uuid.uuid4().hex[:8].upper()}"
    sql(f"create role {name}")
    return name


def _granted(sql: Sql, on: str) -> list[tuple[str, str, str]]:
    """What was granted; the owner's OWNERSHIP is listed with it, and left out here."""
    return [(r[1], r[2], r[5]) for r in sql(f"show grants on {on}") if r[1] != "OWNERSHIP"]


def test_grants_are_shown_on_objects_and_to_roles(sql: Sql, role: str) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/show-grants"""
    schema = sql.one("select current_schema()")
    sql("create table t (a int)")
    sql(f"grant usage on database ANALYTICS to role {role}")
    sql(f"grant usage, monitor on schema {schema} to role {role}")
    sql(f"grant select, insert on table t to role {role} with grant option")
    assert _granted(sql, "t") == [("INSERT", "TABLE", role), ("SELECT", "TABLE", role)]
    assert {(row[1], row[2], row[3]) for row in sql(f"show grants to role {role}")} == {
        ("USAGE", "DATABASE", "ANALYTICS"),
        ("USAGE", "SCHEMA", f"ANALYTICS.{schema}"),
        ("MONITOR", "SCHEMA", f"ANALYTICS.{schema}"),
        ("SELECT", "TABLE", f"ANALYTICS.{schema}.T"),
        ("INSERT", "TABLE", f"ANALYTICS.{schema}.T"),
    }
    sql(f"revoke insert on table t from role {role}")
    assert _granted(sql, "table t") == [("SELECT", "TABLE", role)]


def test_all_and_future_grants(sql: Sql, role: str) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-privilege#future-grants-on-database-or-schema-objects"""
    schema = sql.one("select current_schema()")
    sql("create table before (a int)")
    sql("create view before_v as select a from before")
    sql(f"grant select on all tables in schema {schema} to role {role}")
    sql(f"grant select on future tables in schema {schema} to role {role}")
    sql(f"grant select on future views in schema {schema} to role {role}")
    sql("create table after (a int)")
    sql("create or replace view before_v as select a from before")
    for name in ("before", "after", "before_v"):
        assert [(p, r) for p, _, r in _granted(sql, name)] == [("SELECT", role)]


def test_replacing_a_table_drops_its_grants_unless_copied(sql: Sql, role: str) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table: COPY GRANTS"""
    sql("create table t (a int)")
    sql(f"grant select on table t to role {role}")
    sql("create or replace table t copy grants as select 1 as a")
    assert _granted(sql, "table t") == [("SELECT", "TABLE", role)]
    sql("create or replace table t as select 1 as a")
    assert _granted(sql, "table t") == []


def test_roles_are_granted_to_roles_and_dropped_with_their_grants(sql: Sql, role: str) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-role"""
    sql("create table t (a int)")
    sql(f"create role if not exists {role}_PARENT")
    sql(f"grant role {role} to role {role}_PARENT")
    sql(f"grant select on table t to role {role}")
    assert [(row[1], row[3]) for row in sql(f"show grants to role {role}_PARENT")] == [("USAGE", role)]
    assert [row[5] for row in sql(f"show grants of role {role}")] == [f"{role}_PARENT"]
    sql(f"drop role {role}")
    assert _granted(sql, "table t") == []
    sql.refused(f"grant select on table t to role {role}", 2003, "does not exist or not authorized")
    assert [row[1] for row in sql(f"show roles like '{role}%'")] == [f"{role}_PARENT"]


def test_tags_on_tables_and_columns(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/tag_references"""
    schema = sql.one("select current_schema()")
    sql("create tag if not exists pii allowed_values 'yes', 'no' comment = 'personal'")
    sql("create table t (name varchar, city varchar)")
    sql("alter table t modify column name set tag pii = 'yes'")
    sql("alter table t set tag pii = 'no'")
    found = sql(
        "select tag_name, tag_value, domain, column_name "
        "from table(information_schema.tag_references('t', 'table')) order by domain"
    )
    assert found == [("PII", "yes", "COLUMN", "NAME"), ("PII", "no", "TABLE", None)]
    sql("alter table t alter column name unset tag pii")
    everywhere = "select object_name, tag_value from snowflake.account_usage.tag_references"
    assert sql(f"{everywhere} where object_schema = '{schema}'") == [("T", "no")]
    assert [(row[1], row[5]) for row in sql("show tags")] == [("PII", "personal")]
    sql.refused("alter table t set tag no_such_tag = 'x'", 2003)
    sql.refused("alter table t modify column nope set tag pii = 'x'", 904)


def test_masking_policies_are_attached_to_columns(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-masking-policy"""
    sql(
        "create masking policy hide as (v varchar) returns varchar -> "
        "case when current_role() in ('AUDITOR') then v else '***' end comment = 'hides'"
    )
    sql("create table t (sin varchar)")
    sql("alter table t modify column sin set masking policy hide")
    assert sql("describe table t")[0][10].endswith(".HIDE")
    found = sql(
        "select policy_name, policy_kind, ref_column_name "
        "from table(information_schema.policy_references(ref_entity_name => 't', ref_entity_domain => "
        "'table'))"
    )
    assert found == [("HIDE", "MASKING_POLICY", "SIN")]
    sql("alter table t modify column sin unset masking policy")
    assert sql("describe table t")[0][10] is None
    assert "AUDITOR" in sql("show masking policies")[0][6]


def test_result_scan_reads_the_statement_before(sql: Sql) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/result_scan"""
    sql("create table t (a int)")
    sql("show tables")
    assert sql('select "name", "kind" from table(result_scan(last_query_id()))') == [("T", "TABLE")]
