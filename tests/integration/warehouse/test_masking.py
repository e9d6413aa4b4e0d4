"""A role without clearance reads no classified value, whichever way it asks.

Tag-based policies: https://docs.snowflake.com/en/user-guide/tag-based-masking-policies
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.integration.warehouse.clients import Sql

Login = Callable[..., Sql]

EMAIL, PHONE, NOTE = "ada@example.org", "416-555-0100", "left-handed"
SECRETS = (EMAIL, PHONE, NOTE)


@dataclass
class World:
    """A protected schema with one person in it, its owner, and an analyst who may read and build there."""

    owner: Sql
    analyst: Sql
    schema: str
    reader: str
    analyst_role: str

    def seen(self, statement: str) -> list[tuple[object, ...]]:
        """What the analyst gets; nothing of it may be a secret."""
        rows = self.analyst(statement)
        assert not [value for row in rows for value in row if any(s in str(value) for s in SECRETS)], rows
        return rows


@pytest.fixture
def world(login: Login) -> World:
    mark = uuid.uuid4().hex[:10].upper()
    schema, reader, role = f"P_{mark}", f"READER_{mark}", f"ANALYST_{mark}"
    owner = login()
    owner(f"create schema {schema}")
    owner("create tag pii allowed_values 'internal', 'restricted'")
    for kind, mask in (("varchar", "'***'"), ("number", "null"), ("variant", "null")):
        owner(
            f"create masking policy pii_{kind} as (val {kind}) returns {kind} -> "
            "case when system$get_tag_on_current_column('pii') in ('internal') then val "
            f"when is_role_in_session('{reader}') then val else {mask} end"
        )
    owner(
        "alter tag pii set masking policy pii_varchar, masking policy pii_number, masking policy pii_variant"
    )
    owner(f"alter schema {schema} set tag pii = 'restricted'")
    owner(
        "create table person (id number with tag (pii = 'internal'), email varchar with tag "
        "(pii = 'restricted'), phone varchar, extra variant)"
    )
    owner("alter table person set tag pii = 'restricted'")
    owner(f"insert into person select 1, '{EMAIL}', '{PHONE}', parse_json('{{\"note\": \"{NOTE}\"}}')")
    for name in (reader, role):
        owner(f"create role {name}")
        owner(f"grant usage on database ANALYTICS to role {name}")
        owner(f"grant usage, create table, create view on schema {schema} to role {name}")
        owner(f"grant select on table person to role {name}")
    return World(owner, login(role=role, schema=schema), schema, reader, role)


def test_whoever_inherits_the_reader_role_sees_values_and_nobody_else(world: World, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/is_role_in_session"""
    assert world.seen("select id, email, phone, extra from person") == [(1, "***", "***", None)]
    cleared = login(role=world.reader, schema=world.schema)
    assert cleared.one("select email from person") == EMAIL
    # Owning the table, and administering the account, are no clearance.
    assert world.owner.one("select email from person") == "***"
    world.owner(f"grant role {world.reader} to role {world.analyst_role}")
    assert world.analyst.one("select email from person") == EMAIL
    world.owner(f"revoke role {world.reader} from role {world.analyst_role}")
    assert world.seen("select email from person") == [("***",)]


QUERIES = (
    "select * from person",
    "select p.* from person as p",
    "select person.email from person",
    "select {schema}.person.email from {schema}.person",
    "select max(email), min(phone), any_value(extra:note::varchar) from person",
    "select upper(email) || phone from person",
    "with p as (select email as e from person) select e from p",
    "with person as (select * from person) select email, phone from person",
    "select (select max(phone) from person)",
    "select a.email from person a join person b on a.id = b.id",
    "select id::varchar from person union all select email from person",
    "select email from person qualify row_number() over (partition by id order by email) = 1",
    "select listagg(email, ',') from person",
    "select object_construct(*)::varchar from person",
    "select f.value::varchar from person, lateral flatten(input => extra, outer => true) f",
    "select x from (values (1)) as t(x) where exists (select 1 from person where phone = '***')",
    "select iff(1 = 1, (select email from person), '')",
)


def test_no_query_shows_a_value(world: World) -> None:
    """Policies apply wherever the column appears: https://docs.snowflake.com/en/user-guide/security-column-intro"""
    for query in QUERIES:
        world.seen(query.format(schema=world.schema))


def test_filters_joins_and_counts_meet_the_mask(world: World) -> None:
    """https://docs.snowflake.com/en/user-guide/security-column-intro#how-does-a-masking-policy-work"""
    world.owner("insert into person (id, email) select 2, 'bob@example.org'")
    assert world.analyst.one(f"select count(*) from person where email = '{EMAIL}'") == 0
    assert world.analyst.one("select count(*) from person where email like 'a%'") == 0
    assert world.analyst.one("select count(distinct email) from person") == 1
    assert world.analyst.one(f"select count(*) from person join (select '{EMAIL}' as e) on e = email") == 0
    assert world.analyst("select id from person where email is not null order by email desc, id") == [
        (1,),
        (2,),
    ]
    assert world.analyst.one("select count(*) from person where extra:note = 'left-handed'") == 0


def test_a_view_reads_with_its_owners_rights_and_its_readers_masks(world: World, login: Login) -> None:
    """CURRENT_ROLE speaks of who asks, INVOKER_ROLE of the view's owner.

    https://docs.snowflake.com/en/user-guide/security-column-advanced
    """
    elsewhere = f"V_{world.schema}"
    cleared = login(role=world.reader, schema=world.schema)
    cleared("create view contact as select id, email as address from person")
    world.owner(f"create schema {elsewhere}")
    world.owner(f"use schema {world.schema}")
    world.owner(f"grant usage, create view on schema {elsewhere} to role {world.reader}")
    world.owner(f"grant usage on schema {elsewhere} to role {world.analyst_role}")
    cleared(
        f"create view {elsewhere}.contact (who, address) as "
        f"with c as (select * from {world.schema}.contact) select * from c"
    )
    world.owner(f"revoke select on table person from role {world.analyst_role}")
    world.analyst.refused("select * from person", 2003, "does not exist or not authorized")
    world.analyst.refused(f"select * from {elsewhere}.contact", 2003)
    cleared(f"grant select on view {elsewhere}.contact to role {world.analyst_role}")
    # In a classified schema a view's own columns are masked too, until they are classified.
    assert world.seen(f"select who, address from {elsewhere}.contact") == [(None, "***")]
    assert cleared(f"select address from {elsewhere}.contact") == [(EMAIL,)]
    # A view whose owner may no longer read has nothing to show to anyone.
    world.owner(f"revoke select on table person from role {world.reader}")
    world.analyst.refused(f"select who from {elsewhere}.contact", 2003)


def test_a_policy_may_decide_by_the_view_that_asks(world: World) -> None:
    """https://docs.snowflake.com/en/sql-reference/functions/invoker_role"""
    world.owner(
        "create masking policy only_through_views as (v varchar) returns varchar -> "
        "case when invoker_role() <> current_role() then v else 'direct' end"
    )
    world.owner("create table plain (x varchar with tag (pii = 'internal'))")
    world.owner("insert into plain values ('seen')")
    world.owner("alter table plain modify column x set masking policy only_through_views")
    world.owner("create view v as select x from plain")
    world.owner("alter view v modify column x set tag pii = 'internal'")
    world.owner(f"grant select on table plain to role {world.analyst_role}")
    world.owner(f"grant select on view v to role {world.analyst_role}")
    assert world.analyst("select x from plain") == [("direct",)]
    assert world.analyst("select x from v") == [("seen",)]
    assert world.owner("select x from v") == [("direct",)]


def test_copies_hold_what_their_maker_saw(world: World, login: Login) -> None:
    """https://docs.snowflake.com/en/user-guide/security-column-intro"""
    analyst, cleared = world.analyst, login(role=world.reader, schema=world.schema)
    analyst("create table copied as select * from person")
    analyst("create table filled (email varchar)")
    analyst("insert into filled select email from person")
    analyst("merge into filled using person p on false when not matched then insert values (p.phone)")
    analyst("create temporary table held as select phone from person")
    analyst("create temporary view shown as select phone from person")
    for query in ("copied", "filled", "held", "shown"):
        world.seen(f"select * from {query}")
    analyst(f"grant select on table copied to role {world.reader}")
    assert cleared("select email, phone from copied") == [("***", "***")]
    analyst("set found = (select max(email) from person)")
    assert world.seen("select $found") == [("***",)]
    world.seen("select email from person")
    assert world.seen("select * from table(result_scan(last_query_id()))") == [("***",)]


def test_clones_and_likes_keep_tags_and_policies(world: World) -> None:
    """https://docs.snowflake.com/en/user-guide/object-tagging/work"""
    elsewhere = f"C_{world.schema}"
    world.owner(f"create schema {elsewhere}")
    world.owner(f"use schema {world.schema}")
    world.owner(f"grant usage, create table on schema {elsewhere} to role {world.analyst_role}")
    world.analyst(f"create table {elsewhere}.person clone person")
    world.analyst("create temporary table mine clone person")
    world.seen("select * from mine")
    assert world.seen(f"select email, phone from {elsewhere}.person") == [("***", "***")]
    world.analyst(f"alter table {elsewhere}.person rename column phone to telephone")
    assert world.seen(f"select telephone from {elsewhere}.person") == [("***",)]
    world.owner(f"create schema W_{world.schema} clone {world.schema}")
    world.owner(f"grant usage on schema W_{world.schema} to role {world.analyst_role}")
    assert world.seen(f"select email from W_{world.schema}.person") == [("***",)]


def test_swapped_and_renamed_tables_keep_their_masks(world: World) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-table"""
    elsewhere = f"S_{world.schema}"
    world.owner(f"create schema {elsewhere}")
    world.owner(f"use schema {world.schema}")
    world.owner(f"grant usage on schema {elsewhere} to role {world.analyst_role}")
    world.owner(f"create table {elsewhere}.other (id number, email varchar, phone varchar, extra variant)")
    world.owner(f"alter table person swap with {elsewhere}.other")
    assert world.seen(f"select email, phone from {elsewhere}.other") == [("***", "***")]
    world.owner(f"alter table {elsewhere}.other rename to {elsewhere}.renamed")
    assert world.seen(f"select email, phone from {elsewhere}.renamed") == [("***", "***")]


def test_a_new_column_is_masked_until_somebody_classifies_it(world: World) -> None:
    """Tags are inherited: https://docs.snowflake.com/en/user-guide/object-tagging/inheritance"""
    world.owner("alter table person add column nickname varchar")
    world.owner(f"insert into person (id, nickname) values (2, '{NOTE}')")
    assert world.seen("select nickname from person where id = 2") == [("***",)]
    world.owner("alter table person drop column nickname")
    world.owner("alter table person add column nickname varchar")
    world.owner(f"insert into person (id, nickname) values (3, '{NOTE}')")
    assert world.seen("select nickname from person where id = 3") == [("***",)]
    world.owner("alter table person modify column nickname set tag pii = 'internal'")
    assert world.analyst("select nickname from person where id = 3") == [(NOTE,)]


def test_a_replaced_table_is_masked_by_its_schema(world: World, login: Login) -> None:
    """What dbt does each day. https://docs.snowflake.com/en/user-guide/object-tagging/inheritance"""
    cleared = login(role=world.reader, schema=world.schema)
    for _ in range(2):
        cleared("create or replace table resolved as select id, email as address, 7 as luck from person")
        cleared(f"grant select on table resolved to role {world.analyst_role}")
        assert world.seen("select address, luck from resolved") == [("***", None)]
        assert cleared("select address, luck from resolved") == [(EMAIL, 7)]


def test_metadata_holds_no_value(world: World) -> None:
    for query in (
        "select * from information_schema.columns",
        "select * from information_schema.tables",
        "show tables",
        "show masking policies",
        "describe table person",
        "select * from snowflake.account_usage.tag_references",
    ):
        world.seen(query)
    world.analyst.refused('select * from "_information_schema"."_objects"', 2003)
    world.analyst.refused('select * from "temp"."main"."x"', 2003)


def test_a_change_cannot_be_steered_by_a_masked_column(world: World) -> None:
    """Snowflake compares with the mask; here such a statement is refused."""
    world.owner(f"grant update, delete on table person to role {world.analyst_role}")
    world.analyst.refused(f"delete from person where email = '{EMAIL}'", 2)
    world.analyst.refused("update person set id = 9 where phone like '4%'", 2)
    world.analyst.refused("update person set id = length(person.email)", 2)
    world.analyst("update person set id = 8 where id = 1")


def test_a_function_reads_no_table(world: World) -> None:
    """Refused here, because DuckDB would run it without the caller's masks."""
    world.owner.refused(
        "create function leak() returns varchar as $$ select max(email) from person $$", 2, "reads a table"
    )


def test_a_tag_has_one_policy_for_each_type(world: World) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-tag"""
    world.owner(
        "create masking policy blank as (val varchar) returns varchar -> "
        "case when is_role_in_session('NOBODY') then val else '' end"
    )
    world.owner.refused("alter tag pii set masking policy blank", 3545)
    world.owner.refused("drop masking policy pii_varchar", 3530)
    world.owner("alter tag pii set masking policy blank force")
    assert world.seen("select email from person") == [("",)]
    world.analyst.refused("alter tag pii unset masking policy blank", 3001)
    world.analyst.refused("alter table person modify column email set tag pii = 'internal'", 3001)
    world.owner.refused("alter table person modify column email set tag pii = 'secret'", 390329)
