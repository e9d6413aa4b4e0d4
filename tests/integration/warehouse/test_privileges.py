"""A role does what it was granted and nothing else.

https://docs.snowflake.com/en/user-guide/security-access-control-privileges
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from snowflake.connector.errors import DatabaseError

from tests.integration.warehouse.clients import Sql

Login = Callable[..., Sql]


@dataclass
class World:
    """A schema with a table `t` and a stage, its administrator, and a role that may only use the schema."""

    admin: Sql
    member: Sql
    schema: str
    role: str

    def grant(self, what: str) -> None:
        self.admin(f"grant {what} to role {self.role}")


@pytest.fixture
def world(login: Login) -> World:
    mark = uuid.uuid4().hex[:10].upper()
    schema, role = f"G_{mark}", f"MEMBER_{mark}"
    admin = login()
    admin(f"create schema {schema}")
    admin("create table t (a int)")
    admin("insert into t values (1)")
    admin("create stage files")
    admin(f"create role {role}")
    admin(f"grant usage on database ANALYTICS to role {role}")
    admin(f"grant usage on schema {schema} to role {role}")
    return World(admin, login(role=role, schema=schema), schema, role)


def test_a_table_without_a_grant_does_not_exist(world: World) -> None:
    for statement in (
        "select * from t",
        "select 1 where exists (select 1 from t)",
        "with c as (select * from t) select 1 from c",
        "insert into t values (2)",
        "create temporary table x as select * from t",
        "create temporary table x clone t",
        "describe table t",
    ):
        world.member.refused(statement, 2003, "does not exist or not authorized")
    world.admin(f"revoke usage on schema {world.schema} from role {world.role}")
    world.grant("select on table t")
    world.member.refused(f"select * from {world.schema}.t", 2003, "does not exist or not authorized")


def test_each_privilege_allows_its_own_statement(world: World) -> None:
    statements = {
        "insert": "insert into t values (2)",
        "update": "update t set a = 3",
        "delete": "delete from t where a = 3",
        "truncate": "truncate table t",
    }
    world.grant("select on table t")
    for privilege, statement in statements.items():
        world.member.refused(statement, 3001, "Insufficient privileges to operate on table 'T'")
        world.grant(f"{privilege} on table t")
        world.member(statement)
    for statement in ("drop table t", "alter table t add column b int", "comment on table t is 'mine'"):
        world.member.refused(statement, 3001)
    world.member.refused("create or replace table t (b int)", 3001)
    world.admin(f"revoke select on table t from role {world.role}")
    world.member.refused("merge into t using t s on t.a = s.a when matched then update set a = 1", 3001)


def test_creating_takes_a_privilege_on_the_schema_and_gives_ownership(world: World) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/create-table#access-control-requirements"""
    world.member.refused("create table mine (a int)", 3001, "operate on schema")
    world.member.refused("create view mine as select 1 as a", 3001)
    world.member.refused("create schema of_mine", 3001)
    world.member.refused("create role of_mine", 3001)
    world.member("create temporary table held (a int)")
    world.grant(f"create table on schema {world.schema}")
    world.member("create table mine (a int)")
    world.member("alter table mine add column b int")
    owners = [row[5] for row in world.member("show grants on table mine") if row[1] == "OWNERSHIP"]
    assert owners == [world.role]
    # An administrator does not own what a role outside its hierarchy made.
    world.admin.refused("select * from mine", 2003)
    world.member("grant select on table mine to role ACCOUNTADMIN")
    world.admin("select * from mine")


def test_ownership_moves_with_the_grants_that_were_given(world: World, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-ownership"""
    reader = f"R_{world.role}"
    world.admin(f"create role {reader}")
    world.admin(f"grant usage on database ANALYTICS to role {reader}")
    world.admin(f"grant usage on schema {world.schema} to role {reader}")
    world.admin(f"grant select on table t to role {reader}")
    world.admin(
        f"grant ownership on all tables in schema {world.schema} to role {world.role} copy current grants"
    )
    world.member("alter table t add column b int")
    world.admin.refused("insert into t values (1, 1)", 2003)
    assert login(role=reader, schema=world.schema)("select a from t") == [(1,)]


def test_roles_inherit_the_privileges_of_the_roles_granted_to_them(world: World, login: Login) -> None:
    """https://docs.snowflake.com/en/user-guide/security-access-control-overview#role-hierarchy"""
    above = f"ABOVE_{world.role}"
    world.admin(f"create role {above}")
    world.grant("select on table t")
    higher = login(role=above, schema=world.schema)
    higher.refused(f"select * from {world.schema}.t", 2003)
    world.admin(f"grant role {world.role} to role {above}")
    assert higher(f"select * from {world.schema}.t") == [(1,)]
    world.admin(f"revoke role {world.role} from role {above}")
    higher.refused(f"select * from {world.schema}.t", 2003)


def test_only_owners_and_grant_managers_grant(world: World) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/grant-privilege"""
    world.grant("select on table t")
    world.member.refused("grant select on table t to role PUBLIC", 3001)
    world.admin(f"grant select on table t to role {world.role} with grant option")
    world.member("grant select on table t to role PUBLIC")
    world.member.refused(f"grant role ACCOUNTADMIN to role {world.role}", 3001)


def test_a_stage_is_read_and_written_by_those_who_may(world: World, tmp_path: Path) -> None:
    """https://docs.snowflake.com/en/user-guide/security-access-control-privileges#stage-privileges"""
    (tmp_path / "rows.csv").write_text("7\n")
    put = f"put 'file://{tmp_path}/rows.csv' @files"
    world.member.refused(put, 2003)
    world.admin(put)
    world.member.refused("list @files", 2003)
    world.member.refused("copy into t from @files", 2003)
    world.grant("read on stage files")
    assert len(world.member("list @files")) == 1
    world.member.refused(put, 3001)
    world.member.refused("remove @files", 3001)
    world.member.refused("copy into t from @files", 2003)
    world.grant("insert on table t")
    world.member("copy into t from @files")


def test_a_created_user_takes_only_the_roles_it_was_granted(world: World, login: Login) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/use-role"""
    user = f"U_{world.role}"
    world.admin(f"create user {user} default_role = {world.role}")
    world.admin(f"grant role {world.role} to user {user}")
    session = login(user=user, role=None)
    assert session.one("select current_role()") == world.role
    session.refused("use role ACCOUNTADMIN", 3013, "not assigned to the executing user")
    session.refused("use role no_such_role", 2043)
    session("use role PUBLIC")
    with pytest.raises(
        DatabaseError, match="specified in the connect string does not exist or not authorized"
    ):
        login(user=user, role="ACCOUNTADMIN")
    with pytest.raises(DatabaseError, match="'NO_SUCH_ROLE' specified in the connect string"):
        login(role="no_such_role")


def test_swapping_schemas_takes_both(world: World) -> None:
    """https://docs.snowflake.com/en/sql-reference/sql/alter-schema"""
    world.grant("create schema on database ANALYTICS")
    world.member(f"create schema O_{world.schema}")
    world.member.refused(f"alter schema O_{world.schema} swap with {world.schema}", 3001)
    world.admin(f"grant ownership on schema {world.schema} to role {world.role} copy current grants")
    world.member(f"alter schema O_{world.schema} swap with {world.schema}")
