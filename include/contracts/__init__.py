"""Contracts: where a fact about a source or a metric is written once, and the only code that reads it.

``load_sources()`` gives ``{name: SourceContract}``, from ``sources/*.yaml`` (Open Data Contract Standard)::

    SourceContract  name title version kind("cdc"|"rest"|"drop") owner channel criticality due(time, Toronto)
                    description purpose usage limitations tables read path
                    connection_id dag_id schema asset_name asset_uri; table(name) read_as(kind)
    Table           name description grain columns read promises
                    key column_names restricted; column(name) read_as(kind)
    Column          name logical_type physical_type required key classification description enum misfits
                    physical_name default_timezone announced_for; name_at_source path due_on(day)
    Promises        one_row_per_key unusual_volume("tell"|"stop")

How a source and its tables are read depends on its kind (``reading.py``)::

    kind  contract.read                                table.read
    cdc   CdcRead   publication slot                   CdcTableRead   table
    rest  RestRead  auth paginator                     RestTableRead  path records since until cursor
                                                                      page_size moments lookback_days
                                                                      series paginator
          ProtocolRead  auth protocol                  SoqlTableRead SearchTableRead ArchiveTableRead
    drop  DropRead  file manifest encoding delimiter   DropTableRead
                    file_name(partition) manifest_name(partition)

    auth: HeaderAuth BasicAuth SignedAuth OAuthAuth OpenAuth
    paginator: LinkPaginator CursorPaginator OffsetPaginator PagePaginator ExportPaginator SinglePaginator
    protocol: SoqlProtocol SearchProtocol ArchiveProtocol

An extractor knows its kind: ``contract.read_as(RestRead)``, ``table.read_as(RestTableRead)`` narrow the type.

``load_metric_contract()`` gives the metric contract, its signatures checked, from ``metrics/*.yaml``::

    MetricContract  id title version effective timezone signatories clauses{id: Clause} metrics owner channel
                    gold_due(time, Toronto) path
    Clause          id title version effective owner sentence predicate parameters columns("table.column")
    Metric          name clause description owner channel

Whatever is wrong in a file raises ``ContractError``: ``<file>:<line>: <reason>; <next step>``. This room
reads those files and does no other I/O (its commands ``sign`` and ``generate`` apart), and imports no
other room.
"""

from include.contracts.errors import ContractError
from include.contracts.metric import Clause, Metric, MetricContract, Signatory
from include.contracts.odcs import TIMEZONE, load_source, load_sources
from include.contracts.promises import Promises
from include.contracts.protocol_reading import (
    ArchiveProtocol,
    ArchiveTableRead,
    ProtocolRead,
    SearchProtocol,
    SearchTableRead,
    SoqlProtocol,
    SoqlTableRead,
)
from include.contracts.reading import CdcRead, CdcTableRead, DropRead, DropTableRead
from include.contracts.rest_reading import (
    Auth,
    BasicAuth,
    CursorPaginator,
    ExportPaginator,
    HeaderAuth,
    LinkPaginator,
    Moments,
    OAuthAuth,
    OffsetPaginator,
    OpenAuth,
    PagePaginator,
    Paginator,
    RestRead,
    RestTableRead,
    SignedAuth,
    SinglePaginator,
)
from include.contracts.signatures import load_metric_contract
from include.contracts.source import Column, SourceContract, Table

__all__ = [
    "TIMEZONE",
    "ArchiveProtocol",
    "ArchiveTableRead",
    "Auth",
    "BasicAuth",
    "CdcRead",
    "CdcTableRead",
    "Clause",
    "Column",
    "ContractError",
    "CursorPaginator",
    "DropRead",
    "DropTableRead",
    "ExportPaginator",
    "HeaderAuth",
    "LinkPaginator",
    "Metric",
    "MetricContract",
    "Moments",
    "OAuthAuth",
    "OffsetPaginator",
    "OpenAuth",
    "PagePaginator",
    "Paginator",
    "Promises",
    "ProtocolRead",
    "RestRead",
    "RestTableRead",
    "SearchProtocol",
    "SearchTableRead",
    "Signatory",
    "SignedAuth",
    "SinglePaginator",
    "SoqlProtocol",
    "SoqlTableRead",
    "SourceContract",
    "Table",
    "load_metric_contract",
    "load_source",
    "load_sources",
]
