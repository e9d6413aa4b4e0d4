"""Great Expectations' view of the warehouse: an in-memory context on the ``snowflake`` connection."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import great_expectations as gx
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)

from include.warehouse.session import Warehouse

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext
    from great_expectations.datasource.fluent.snowflake_datasource import SnowflakeDatasource
    from great_expectations.datasource.fluent.sql_datasource import TableAsset

# At INFO it tells of every name it puts in lower case.
logging.getLogger("great_expectations").setLevel(logging.WARNING)


def new_context() -> EphemeralDataContext:
    """A context that lives as long as the task, keeps nothing on disk and calls nobody."""
    in_memory = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    quiet = ProgressBarsConfig(globally=False)
    config = DataContextConfig(store_backend_defaults=in_memory, progress_bars=quiet, analytics_enabled=False)
    return gx.get_context(mode="ephemeral", project_config=config)


def add_batch(context: EphemeralDataContext, schema: str, table: str) -> BatchDefinition[Any]:
    """The whole of ``schema.table``, or of the view of that name."""
    known = context.data_sources.all()
    source: Any = known[schema] if schema in known else _add_datasource(context, schema)
    asset: TableAsset = source.add_table_asset(f"{schema}.{table}", table_name=table)
    return asset.add_batch_definition_whole_table("all")


def _add_datasource(context: EphemeralDataContext, schema: str) -> SnowflakeDatasource:
    options = {key: value for key, value in Warehouse().connect_options().items() if value}
    options["schema"] = schema
    # The URL carries no credential, since reports may show it: the connector takes `connect_args` over it.
    place = f"{quote(options['account'])}/{quote(options['database'])}/{quote(schema)}"
    session = f"warehouse={quote(options['warehouse'])}&role={quote(options['role'])}"
    add: Callable[..., SnowflakeDatasource] = context.data_sources.add_snowflake
    return add(
        name=schema,
        connection_string=f"snowflake://{quote(options['user'])}:in-connect-args@{place}?{session}",
        kwargs={"connect_args": options},
    )
