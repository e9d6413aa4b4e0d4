"""What the bank has put into its databases and its drop folder."""

from __future__ import annotations

from typing import Any

import psycopg

from include.sandbox import bank

CORE = ("party", "account", "posted_transaction", "party_merge")
CARDS = ("card", "card_authorization", "settlement")
DOCUMENTS = (
    "kyc.applicant",
    "kyc.verification",
    "kyc.pending_handoff",
    "marketing.subscription",
    "marketing.campaign",
    "marketing.email_event",
)


def everything(places: bank.Places) -> dict[str, Any]:
    """All that the bank has put anywhere."""
    found: dict[str, Any] = {}
    for dsn, tables in ((places.core_dsn, CORE), (places.cards_dsn, CARDS)):
        for table in tables:
            found[table] = sorted(rows(dsn, f"select t::text from public.{table} as t"))
    with psycopg.connect(places.vendors_dsn) as saas:
        for table in DOCUMENTS:
            query = f"select id, cursor_at, record::text from {table} order by id"
            found[table] = saas.execute(query).fetchall()
    files = (path for path in places.drop.rglob("*") if path.is_file())
    return found | {"files": {str(path.relative_to(places.drop)): path.read_bytes() for path in files}}


def rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()
