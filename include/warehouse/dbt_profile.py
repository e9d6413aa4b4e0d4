"""The dbt profile, from the Airflow connection ``snowflake``."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from cosmos.profiles.snowflake import (  # type: ignore[import-untyped]
    SnowflakeEncryptedPrivateKeyFilePemProfileMapping,
    SnowflakeEncryptedPrivateKeyPemProfileMapping,
    SnowflakePrivateKeyFilePemProfileMapping,
    SnowflakePrivateKeyPemProfileMapping,
    SnowflakeUserPasswordProfileMapping,
)
from cosmos.profiles.snowflake.base import SnowflakeBaseProfileMapping  # type: ignore[import-untyped]


class SnowflakeConnectionProfile(SnowflakeBaseProfileMapping):  # type: ignore[misc]  # Cosmos is untyped
    """A dbt profile for whichever way the connection signs in: password, key, key file, encrypted or not.

    Cosmos has one mapping per way and picks among them by reading the connection while DAGs are parsed. This
    one reads it when a task needs it, then leaves the rest to Cosmos' mapping for that way. It also passes on
    the connection's ``protocol``, which Cosmos does not know. Secrets reach dbt through its environment only.
    """

    airflow_connection_type = "snowflake"
    dbt_profile_type = "snowflake"

    @cached_property
    def mapping(self) -> SnowflakeBaseProfileMapping:
        """Cosmos' mapping for the connection. Reads the connection."""
        extra = self.conn.extra_dejson
        encrypted = bool(self.conn.password)
        way: type[SnowflakeBaseProfileMapping]
        if extra.get("private_key_file"):
            way = (
                SnowflakeEncryptedPrivateKeyFilePemProfileMapping
                if encrypted
                else SnowflakePrivateKeyFilePemProfileMapping
            )
        elif extra.get("private_key_content"):
            way = (
                SnowflakeEncryptedPrivateKeyPemProfileMapping
                if encrypted
                else SnowflakePrivateKeyPemProfileMapping
            )
        else:
            way = SnowflakeUserPasswordProfileMapping
        return way(self.conn_id, self.profile_args)

    @property
    def profile(self) -> dict[str, Any]:
        """The profile's fields; secrets as references to ``env_vars``."""
        profile = dict(self.mapping.profile)
        if protocol := self.conn.extra_dejson.get("protocol"):
            profile["protocol"] = protocol
        return profile

    @property
    def env_vars(self) -> dict[str, str]:
        """The secrets that ``profile`` refers to."""
        return dict(self.mapping.env_vars)

    def get_dbt_value(self, name: str) -> Any:
        """One field of the profile, as Cosmos asks for it."""
        return self.mapping.get_dbt_value(name)
