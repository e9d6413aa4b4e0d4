"""Where the SaaS vendors keep their records: one table each, in the database `vendors`.

A record is stored as the JSON that its API sends, beside the two things an API needs to page: the vendor's
own row id and the moment by which the record is filtered and sorted. The bank writes; the services only read.
"""

TABLES = (
    "kyc.applicant",
    "kyc.verification",
    "kyc.pending_handoff",
    "marketing.subscription",
    "marketing.campaign",
    "marketing.email_event",
    "aml.risk_band",
    "aml.alert",
    "nps.response",
    "rates.observation",
    "support.ticket",
    "support.ticket_event",
    "mobile_app.event",
    "crm_a.contact",
    "crm_a.opportunity",
    "crm_a.campaign_member",
    "crm_b.contact",
    "crm_b.deal",
)

DDL = "".join(
    f"""
create schema if not exists {table.split(".")[0]};
create table if not exists {table} (
    id text primary key,
    cursor_at timestamptz not null,
    record json not null
);
create index if not exists {table.split(".")[1]}_in_order on {table} (cursor_at, id);
"""
    for table in TABLES
)
