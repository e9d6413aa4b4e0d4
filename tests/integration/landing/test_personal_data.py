"""What a contract classifies is masked in the warehouse, for whoever is not cleared.

Each test prepares the account as a deployment does and asks as the roles that a deployment has. `curious` may
read all of bronze and silver, which nobody is granted there: masking is the second wall, behind the grants.
https://docs.snowflake.com/en/user-guide/tag-based-masking-policies
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Protocol

import pytest
from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import ProgrammingError

from include.contracts import load_sources
from include.contracts.bronze import TECHNICAL_COLUMNS, UNMASKED, data_type
from include.warehouse.prepare import prepare_account, prepare_source
from include.warehouse.protection import MASKED
from include.warehouse.session import Warehouse
from tests.integration.landing.server import WarehouseServer
from tests.integration.landing.test_account import rows

NOT_AUTHORISED = 2003


class As(Protocol):
    """Opens a session with a role."""

    def __call__(self, role: str) -> SnowflakeCursor: ...


@pytest.fixture(scope="module")
def prepared(server: WarehouseServer) -> None:
    """The account as a deployment prepares it, and a role that may read what it should not."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW_CONN_SNOWFLAKE", server.connection)
        with Warehouse().cursor() as cursor:
            prepare_account(cursor)
            cursor.execute("create role if not exists curious")
            cursor.execute("grant usage on database analytics to role curious")
            for schema in [*(contract.schema for contract in load_sources().values()), "silver"]:
                cursor.execute(f"grant usage on schema {schema} to role curious")
                cursor.execute(f"grant select on all tables in schema {schema} to role curious")
                cursor.execute(f"grant select on future tables in schema {schema} to role curious")


@pytest.fixture
def as_role(prepared: None, connection: None) -> Iterator[As]:  # noqa: ARG001
    """Sessions of any role in the prepared account."""
    with ExitStack() as sessions:
        yield lambda role: sessions.enter_context(Warehouse(role=role.upper()).cursor())


def refused(cursor: SnowflakeCursor, sql: str) -> None:
    with pytest.raises(ProgrammingError, match="does not exist or not authorized") as failure:
        cursor.execute(sql)
    assert failure.value.errno == NOT_AUTHORISED


def test_every_classified_column_of_every_source_is_masked_and_no_other(as_role: As) -> None:
    platform, curious = as_role("platform"), as_role("curious")
    for contract in load_sources().values():
        for table in contract.tables:
            name = f"{contract.schema}.{table.name}"
            columns = [(c.name, data_type(c), c.classification) for c in table.columns]
            columns += [("_rescued", "variant", "restricted"), ("_op", "varchar", "internal")]
            platform.execute(f"delete from {name}")
            values = ", ".join("to_variant('clear')" if k == "variant" else "'clear'" for _, k, _ in columns)
            platform.execute(f"insert into {name} ({', '.join(c for c, _, _ in columns)}) select {values}")
            asked = f"select {', '.join(f'{c}::varchar' for c, _, _ in columns)} from {name}"
            assert rows(platform, asked) == [("clear",) * len(columns)]
            (seen,) = rows(curious, asked)
            masked = {c for (c, _, _), value in zip(columns, seen, strict=True) if value != "clear"}
            assert masked == {c for c, _, classification in columns if classification not in UNMASKED}, name
            platform.execute(f"delete from {name}")


def test_the_roles_of_a_deployment_read_no_more_than_they_need(as_role: As) -> None:
    """https://docs.snowflake.com/en/user-guide/security-access-control-privileges"""
    as_role("platform").execute("create or replace table silver.person as select 'ada@example.org' as email")
    as_role("platform").execute("create or replace table gold.figure as select 1 as n")
    for role in ("analyst", "auditor"):
        reader = as_role(role)
        assert rows(reader, "select n from gold.figure") == [(1,)]
        refused(reader, "select * from raw_kyc.applicant")
        refused(reader, "select * from silver.person")
        refused(reader, "list @raw_kyc.landing")
    loader = as_role("loader")
    rows(loader, "select count(*) from raw_kyc.applicant")
    refused(loader, "select * from silver.person")
    refused(loader, "select * from gold.figure")
    refused(as_role("pii_reader"), "select * from raw_kyc.applicant")
    rows(as_role("auditor"), "select count(*) from raw_control.load_ledger")
    as_role("platform").execute("drop table gold.figure")


def test_silver_is_masked_however_often_it_is_replaced(as_role: As) -> None:
    """Its schema's tag is inherited: https://docs.snowflake.com/en/user-guide/object-tagging/inheritance"""
    platform, curious = as_role("platform"), as_role("curious")
    for _ in range(2):
        platform.execute("create or replace table silver.person as select 'ada@example.org' as email")
        assert rows(curious, "select email from silver.person") == [("***",)]
        assert rows(platform, "select email from silver.person") == [("ada@example.org",)]
    platform.execute("create or replace view silver.contact as select * from silver.person")
    platform.execute("grant select on view silver.contact to role curious")
    assert rows(curious, "select email from silver.contact") == [("***",)]


def test_a_new_column_of_any_type_is_masked_by_default(as_role: As) -> None:
    platform, curious = as_role("platform"), as_role("curious")
    values = {
        "varchar": "'clear'", "number": "1", "float": "1.5", "boolean": "true", "date": "'2026-11-18'",
        "time": "'10:00:00'", "timestamp_ntz": "'2026-11-18 10:00:00'",
        "timestamp_ltz": "'2026-11-18 10:00:00'",
        "timestamp_tz": "'2026-11-18 10:00:00 +00:00'", "binary": "to_binary('ab', 'hex')",
        "variant": "to_variant('clear')",
    }  # fmt: skip
    assert set(values) | {"object", "array"} == set(MASKED)
    platform.execute("create or replace table raw_kyc.of_all_types (id varchar)")
    for kind in values:
        platform.execute(f"alter table raw_kyc.of_all_types add column as_{kind} {kind}")
    names = ", ".join(f"as_{kind}" for kind in values)
    listed = ", ".join(
        f"{value}::{kind}" if kind not in ("binary", "variant") else value for kind, value in values.items()
    )
    platform.execute(f"insert into raw_kyc.of_all_types ({names}) select {listed}")
    assert rows(curious, f"select {names} from raw_kyc.of_all_types") == [
        ("***", *[None] * (len(values) - 1))
    ]
    assert None not in rows(platform, f"select {names} from raw_kyc.of_all_types")[0]
    platform.execute("drop table raw_kyc.of_all_types")


def test_a_clone_of_bronze_keeps_masking_what_nobody_classified(as_role: As, cursor: SnowflakeCursor) -> None:
    """https://docs.snowflake.com/en/user-guide/object-tagging/work: a clone keeps the tags of its source."""
    platform, curious = as_role("platform"), as_role("curious")
    cursor.execute("create or replace schema workshop")
    cursor.execute("grant usage, create table on schema workshop to role curious")
    platform.execute("delete from raw_kyc.applicant")
    platform.execute("alter table raw_kyc.applicant add column nickname varchar")
    platform.execute("insert into raw_kyc.applicant (email, nickname) values ('ada@example.org', 'ada')")
    curious.execute("create table workshop.applicant clone raw_kyc.applicant")
    assert rows(curious, "select email, nickname from workshop.applicant") == [("***", "***")]
    platform.execute("alter table raw_kyc.applicant drop column nickname")
    platform.execute("delete from raw_kyc.applicant")
    cursor.execute("drop schema workshop")


def test_a_contract_that_classifies_otherwise_changes_the_mask(as_role: As) -> None:
    contract = load_sources()["kyc"]
    applicant = contract.tables[0]
    platform, curious = as_role("platform"), as_role("curious")
    platform.execute("delete from raw_kyc.applicant")
    platform.execute("insert into raw_kyc.applicant (state) values ('clear')")
    columns = tuple(
        replace(c, classification="confidential") if c.name == "state" else c for c in applicant.columns
    )
    prepare_source(
        platform, replace(contract, tables=(replace(applicant, columns=columns), *contract.tables[1:]))
    )
    assert rows(curious, "select state from raw_kyc.applicant") == [("***",)]
    prepare_source(platform, contract)
    assert rows(curious, "select state from raw_kyc.applicant") == [("clear",)]
    platform.execute("delete from raw_kyc.applicant")


def test_every_column_of_bronze_is_tagged(as_role: As) -> None:
    platform = as_role("platform")
    for contract in load_sources().values():
        for table in contract.tables:
            tagged = rows(
                platform,
                "select lower(column_name), tag_value from "
                f"table(information_schema.tag_references_all_columns('{contract.schema}.{table.name}', "
                "'table')) where tag_name = 'PII' and level = 'COLUMN'",
            )
            known = {c.name: c.classification for c in (*table.columns, *TECHNICAL_COLUMNS)}
            assert dict(tagged) == known
