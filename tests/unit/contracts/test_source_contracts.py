"""The source contracts as shipped: they keep to the standard, and say what the rest of the code relies on."""

import json
import pickle
from datetime import time as time_of_day

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from include.contracts import (
    ArchiveProtocol,
    ArchiveTableRead,
    BasicAuth,
    CdcRead,
    CdcTableRead,
    CursorPaginator,
    LinkPaginator,
    OAuthAuth,
    Promises,
    ProtocolRead,
    RestRead,
    RestTableRead,
    SearchProtocol,
    SearchTableRead,
    SoqlProtocol,
    SoqlTableRead,
    load_source,
    load_sources,
)
from include.contracts.odcs import SOURCES

SOURCE_FILES = sorted(SOURCES.glob("*.yaml"))


@pytest.mark.parametrize("path", SOURCE_FILES, ids=lambda path: path.stem)
def test_contract_is_valid_by_the_standards_own_schema(path):
    schema = json.loads(OpenDataContractStandard.json_schema())
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))

    errors = jsonschema.Draft201909Validator(schema).iter_errors(contract)

    assert [f"{error.json_path}: {error.message}" for error in errors] == []
    assert contract["apiVersion"] == "v3.1.0"


@pytest.mark.parametrize("path", SOURCE_FILES, ids=lambda path: path.stem)
def test_contract_uses_nothing_newer_than_version_3_1(path):
    """The package's schema is that of v3.2, which adds keys that a reader of v3.1 refuses."""
    contract = yaml.safe_load(path.read_text(encoding="utf-8"))
    columns = [column for table in contract["schema"] for column in table["properties"]]

    assert "status" in contract
    assert "context" not in contract
    assert not [column["name"] for column in columns if {"enum", "semanticType", "synonyms"} & column.keys()]
    assert not [sla for sla in contract["slaProperties"] if {"customProperties", "id"} & sla.keys()]


def test_every_source_says_when_by_whom_and_how_badly_it_is_needed():
    promises = {
        name: (contract.kind, contract.due, contract.criticality, contract.owner, contract.channel)
        for name, contract in load_sources().items()
    }

    assert promises == {
        "card_ledger": ("cdc", time_of_day(4), "blocking", "card-operations", "#card-operations"),
        "crm_a": ("rest", time_of_day(5), "blocking", "branch-sales", "#branch-sales"),
        "crm_b": ("rest", time_of_day(5), "degradable", "digital-sales", "#digital-sales"),
        "mobile_app": ("rest", time_of_day(4, 30), "blocking", "mobile-banking", "#mobile-banking"),
        "core_banking": ("cdc", time_of_day(4), "blocking", "core-banking-platform", "#core-banking"),
        "drop_account_reviews": (
            "drop",
            time_of_day(4),
            "blocking",
            "compliance-operations",
            "#compliance-ops",
        ),
        "drop_ad_spend": ("drop", time_of_day(5), "degradable", "growth-marketing", "#growth-marketing"),
        "drop_branch_referrals": ("drop", time_of_day(5), "degradable", "branch-network", "#branch-network"),
        "kyc": ("rest", time_of_day(4, 30), "blocking", "kyc-operations", "#kyc"),
        "marketing_automation": (
            "rest",
            time_of_day(5),
            "blocking",
            "marketing-operations",
            "#marketing-ops",
        ),
        "aml": ("rest", time_of_day(4, 30), "blocking", "financial-crime", "#financial-crime"),
        "nps": ("rest", time_of_day(6), "degradable", "customer-experience", "#customer-experience"),
        "rates_engine": ("rest", time_of_day(6), "degradable", "treasury-pricing", "#treasury-pricing"),
        "support": ("rest", time_of_day(5), "degradable", "support-operations", "#support-ops"),
    }


def test_every_table_has_its_business_key():
    keys = {
        f"{name}.{table.name}": table.key
        for name, contract in load_sources().items()
        for table in contract.tables
    }

    assert keys == {
        "card_ledger.card": ("card_id",),
        "card_ledger.card_authorization": ("auth_id",),
        "card_ledger.settlement": ("settlement_id",),
        "core_banking.party": ("party_id",),
        "core_banking.account": ("account_id",),
        "core_banking.posted_transaction": ("txn_id",),
        "core_banking.party_merge": ("retired_party_id",),
        "crm_a.contact": ("id",),
        "crm_a.opportunity": ("id",),
        "crm_a.campaign_member": ("id",),
        "crm_b.contact": ("id",),
        "crm_b.deal": ("id",),
        "mobile_app.event": ("event_id",),
        "drop_account_reviews.review": ("account_id", "reviewed_at"),
        "drop_ad_spend.ad_spend": ("channel", "campaign", "date"),
        "drop_branch_referrals.referral": ("referral_id",),
        "kyc.applicant": ("applicant_id",),
        "kyc.verification": ("check_id",),
        "kyc.pending_handoff": ("applicant_id",),
        "marketing_automation.subscription": ("contact_id",),
        "marketing_automation.campaign": ("campaign_id",),
        "marketing_automation.email_event": ("event_id",),
        "aml.risk_band": ("party_id", "scored_at"),
        "aml.alert": ("alert_id",),
        "nps.response": ("id",),
        "rates_engine.posted_rate": ("series", "d"),
        "support.ticket": ("id",),
        "support.ticket_event": ("id",),
    }


def test_every_social_insurance_number_is_restricted_and_nothing_else_is():
    restricted = {
        f"{name}.{table.name}.{column}"
        for name, contract in load_sources().items()
        for table in contract.tables
        for column in table.restricted
    }

    assert restricted == {"core_banking.party.sin", "kyc.applicant.sin", "kyc.pending_handoff.sin"}


def test_personal_data_is_classified():
    personal = {
        *("legal_name", "first_name", "last_name", "customer_name", "date_of_birth", "email", "phone"),
        *("reviewer", "advisor", "card_token", "last_four", "merchant_name", "firstname", "lastname"),
    }

    for contract in load_sources().values():
        for table in contract.tables:
            for column in table.columns:
                if column.name in personal:
                    assert column.classification == "confidential", (
                        f"{contract.name}.{table.name}.{column.name}"
                    )


def test_no_example_is_given_for_a_classified_column():
    for path in SOURCE_FILES:
        for table in yaml.safe_load(path.read_text(encoding="utf-8"))["schema"]:
            for column in table["properties"]:
                if column["classification"] in {"confidential", "restricted"}:
                    assert "examples" not in column, f"{path.stem}.{table['name']}.{column['name']}"


def test_reading_facts_are_typed_by_kind():
    sources = load_sources()

    assert sources["core_banking"].table("party").read == CdcTableRead(table="public.party")
    kyc = sources["kyc"].read_as(RestRead)
    assert kyc.auth.format.format(secret="s") == "Token token=s"
    assert kyc.paginator == LinkPaginator(page_size="per_page")
    marketing = sources["marketing_automation"]
    assert marketing.read_as(RestRead).paginator == CursorPaginator("limit", "next_cursor", "cursor")
    assert marketing.table("email_event").read_as(RestTableRead).cursor == "recorded_at"
    with pytest.raises(TypeError, match="source core_banking is read as CdcRead, not as RestRead"):
        sources["core_banking"].read_as(RestRead)


def test_a_protocol_of_a_vendor_has_reading_facts_of_its_own():
    sources = load_sources()

    assert sources["crm_a"].read == ProtocolRead(OAuthAuth("/services/oauth2/token"), SoqlProtocol())
    assert sources["crm_a"].table("campaign_member").read_as(SoqlTableRead).object == "CampaignMember"
    assert sources["crm_b"].read_as(ProtocolRead).protocol == SearchProtocol(10_000, "hs_object_id")
    assert sources["crm_b"].table("deal").read_as(SearchTableRead).cursor == "hs_lastmodifieddate"
    assert sources["mobile_app"].read == ProtocolRead(
        BasicAuth("login"), ArchiveProtocol(empty=404, most_days=365)
    )
    assert sources["mobile_app"].table("event").read_as(ArchiveTableRead).last == "end"


def test_a_column_has_the_name_of_its_field_at_the_source_where_that_is_another():
    sources = load_sources()

    assert sources["crm_a"].table("contact").column("system_modstamp").name_at_source == "SystemModstamp"
    assert sources["crm_b"].table("contact").column("email").path == ("properties", "email")
    assert sources["kyc"].table("applicant").column("email").path == ("email",)
    assert sources["mobile_app"].table("event").column("server_upload_time").default_timezone == "UTC"


def test_a_drop_names_its_files_by_partition():
    read = load_sources()["drop_account_reviews"].read

    assert read.file_name("2026-11-18") == "account_reviews_2026-11-18.csv"
    assert read.manifest_name("2026-11-18") == "account_reviews_2026-11-18.csv.sha256"
    assert (read.encoding, read.delimiter) == ("utf-8-sig", ",")
    branches = load_sources()["drop_branch_referrals"].read
    assert (branches.encoding, branches.delimiter) == ("windows-1252", ";")


def test_no_two_sources_share_a_replication_slot():
    """Slots are named for the whole server, and two databases may live on one."""
    slots = [one.read_as(CdcRead).slot for one in load_sources().values() if one.kind == "cdc"]

    assert len(slots) > 1
    assert len(set(slots)) == len(slots)


def test_names_derive_from_the_source():
    contract = load_sources()["kyc"]

    assert contract.connection_id == "kyc"
    assert contract.dag_id == contract.asset_name == "bronze_kyc"
    assert contract.schema == "raw_kyc"
    assert contract.asset_uri == "x-bronze://kyc"


def test_an_unknown_table_or_column_is_answered_with_the_known_ones():
    kyc = load_sources()["kyc"]

    with pytest.raises(KeyError, match="kyc has no table 'aplicant'; it has applicant, verification"):
        kyc.table("aplicant")
    with pytest.raises(KeyError, match="table applicant has no contracted column 'nme'; it has applicant_id"):
        kyc.table("applicant").column("nme")


def test_descriptions_stand_on_one_line():
    for contract in load_sources().values():
        texts = [contract.purpose, contract.usage, contract.limitations]
        texts += [text for table in contract.tables for text in (table.description, table.grain)]
        texts += [column.description for table in contract.tables for column in table.columns]
        assert all(texts)
        assert not [text for text in texts if "\n" in text or "  " in text]


def test_sources_come_in_the_order_of_their_names_and_a_caller_cannot_change_them_for_others():
    first = load_sources()
    assert list(first) == sorted(first)

    first.clear()

    assert len(load_sources()) == len(SOURCE_FILES)


def test_a_contract_survives_the_way_to_another_process():
    contract = load_sources()["kyc"]

    assert pickle.loads(pickle.dumps(contract)) == contract  # noqa: S301 - our own bytes


def test_a_process_reads_each_contract_once():
    """DAG files ask for the contracts whenever they are parsed."""
    first, second = load_sources(), load_sources()

    assert all(first[name] is second[name] for name in first)


def test_what_a_contract_promises_beyond_its_columns(tmp_path):
    shipped = load_sources()["drop_account_reviews"]
    assert shipped.table("review").promises == Promises(one_row_per_key=True, unusual_volume="tell")
    assert shipped.table("review").column("decision").misfits == 0.05
    text = shipped.path.read_text(encoding="utf-8")
    text = text.replace(
        "    properties:\n",
        "    customProperties:\n      - property: unusualVolume\n        value: stop\n    properties:\n",
    ).replace(
        "        examples: [unusual_activity]\n",
        "        customProperties:\n          - property: misfits\n            value: 0.2\n",
    )
    path = tmp_path / "drop_account_reviews.yaml"
    path.write_text(text, encoding="utf-8")
    (review,) = load_source(path).tables
    assert review.promises == Promises(one_row_per_key=True, unusual_volume="stop")
    assert review.column("reason").misfits == 0.2
