"""Sessions in the warehouse, from the Airflow connection `snowflake`."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from snowflake.connector import SnowflakeConnection, connect
from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import DatabaseError, InterfaceError

CONNECTION = "snowflake"
LOGIN_SECONDS = 60

# At INFO the connector reports every statement's connection details, version and sometimes text.
logging.getLogger("snowflake.connector").setLevel(logging.WARNING)


class WarehouseUnavailableError(Exception):
    """No session could be opened. The message says where, why, and what to check."""


class Warehouse(SnowflakeHook):
    """Airflow's Snowflake hook with the connection's `protocol`, which the stock hook drops.

    Works in a task, and elsewhere with `AIRFLOW_CONN_SNOWFLAKE` in the environment. Sessions speak UTC, and
    outside `transaction` each statement commits by itself.
    """

    def __init__(self, conn_id: str = CONNECTION, **options: Any) -> None:
        super().__init__(snowflake_conn_id=conn_id, **options)

    def connect_options(self) -> dict[str, Any]:
        """What `snowflake.connector.connect` is called with. Holds secrets: neither log nor show it."""
        options: dict[str, Any] = {**self._get_conn_params(), "login_timeout": LOGIN_SECONDS}
        if protocol := self._extra.get("protocol"):
            options["protocol"] = protocol
        options["session_parameters"] = {"TIMEZONE": "UTC", **(options.get("session_parameters") or {})}
        return options

    def get_conn(self) -> SnowflakeConnection:
        """A new session. Raises WarehouseUnavailableError."""
        options = self.connect_options()
        try:
            return connect(**options)
        except (DatabaseError, InterfaceError) as error:
            where = options.get("host") or options.get("account") or "no account"
            raise WarehouseUnavailableError(
                f"no session in the warehouse at {where}: {error.msg}. Check that it runs and that "
                f"connection {self.get_conn_id()} names its account, user and role."
            ) from error

    @contextmanager
    def cursor(self) -> Iterator[SnowflakeCursor]:
        """A cursor in a session of its own; both are closed at the end, an open transaction rolled back."""
        session = self.get_conn()
        try:
            with session.cursor() as cursor:
                yield cursor
        finally:
            session.close()

    @cached_property
    def _extra(self) -> dict[str, Any]:
        extra: dict[str, Any] = self.get_connection(self.get_conn_id()).extra_dejson
        return extra


@contextmanager
def transaction(cursor: SnowflakeCursor) -> Iterator[None]:
    """All statements of the block, or none. No DDL in it: Snowflake commits before DDL."""
    cursor.execute("begin")
    try:
        yield
    except BaseException:
        # Where the session itself is gone, the warehouse rolls back.
        with suppress(DatabaseError):
            cursor.execute("rollback")
        raise
    cursor.execute("commit")
