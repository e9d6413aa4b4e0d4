"""The dbt profile that comes from the Airflow connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from include.warehouse.dbt_profile import SnowflakeConnectionProfile

PEM = "-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(*, password: str | None = None, **extra: Any) -> SnowflakeConnectionProfile:
        connection = {
            "conn_type": "snowflake",
            "login": "loader",
            "password": password,
            "schema": "PUBLIC",
            "extra": {
                "account": "acme-prod",
                "database": "ANALYTICS",
                "warehouse": "W",
                "role": "R",
                **extra,
            },
        }
        monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE", json.dumps(connection))
        return SnowflakeConnectionProfile("snowflake", profile_args={"threads": 4})

    return of


def written(profile: SnowflakeConnectionProfile) -> dict[str, Any]:
    """The profiles.yml that dbt would get."""
    contents = yaml.safe_load(profile.get_profile_file_contents("p", "t"))
    fields: dict[str, Any] = contents["p"]["outputs"]["t"]
    return fields


def test_a_password_connection_keeps_the_password_out_of_the_file(profile: Any) -> None:
    made = profile(password="hunter2")
    fields = written(made)
    assert (fields["account"], fields["user"], fields["threads"]) == ("acme-prod", "loader", 4)
    assert "hunter2" not in str(fields)
    assert made.env_vars == {"COSMOS_CONN_SNOWFLAKE_PASSWORD": "hunter2"}
    assert "COSMOS_CONN_SNOWFLAKE_PASSWORD" in fields["password"]


def test_host_port_and_protocol_of_the_connection_reach_dbt(profile: Any) -> None:
    fields = written(profile(password="p", host="127.0.0.1", port=20123, protocol="http"))
    assert (fields["host"], fields["port"], fields["protocol"]) == ("127.0.0.1", 20123, "http")


def test_without_a_protocol_dbt_decides(profile: Any) -> None:
    assert "protocol" not in written(profile(password="p"))


@pytest.mark.parametrize("passphrase", [None, "opensesame"])
def test_a_key_in_the_connection_signs_in_with_the_key(profile: Any, passphrase: str | None) -> None:
    made = profile(password=passphrase, private_key_content=PEM)
    fields = written(made)
    assert "password" not in fields
    assert "bm90IGEga2V5" not in str(fields)
    assert made.env_vars["COSMOS_CONN_SNOWFLAKE_PRIVATE_KEY"] == PEM
    assert ("private_key_passphrase" in fields) is bool(passphrase)


@pytest.mark.parametrize("passphrase", [None, "opensesame"])
def test_a_key_file_signs_in_with_the_file(profile: Any, passphrase: str | None) -> None:
    made = profile(password=passphrase, private_key_file="/run/secrets/key.p8")
    fields = written(made)
    assert fields["private_key_path"] == "/run/secrets/key.p8"
    assert "password" not in fields
    assert ("opensesame" in str(made.env_vars)) is bool(passphrase)


def test_making_the_mapping_reads_no_connection() -> None:
    SnowflakeConnectionProfile("a-connection-that-does-not-exist")
