"""The metric contract as shipped: complete, and coherent with the source contracts."""

from datetime import date, time

from include.contracts import load_metric_contract, load_sources


def values(source, table, column):
    return set(load_sources()[source].table(table).column(column).enum)


def test_has_every_clause():
    titles = {clause.id: clause.title for clause in load_metric_contract().clauses.values()}

    assert titles == {
        "1.1": "Customer",
        "1.2": "Identity",
        "2.1": "Journey event",
        "3.1": "Active customer",
        "3.2": "State changes",
        "4.1": "Onboarded",
        "4.2": "Activated",
        "4.3": "Engaged",
        "4.4": "Retained",
        "5.1": "Funnel week",
        "6.1": "Acquisition cost",
        "6.2": "Attribution",
        "6.3": "Session",
        "7.1": "Main-page traffic",
        "7.2": "Deal pipeline",
        "7.3": "Service quality",
    }


def test_says_when_it_holds_and_by_when_gold_is_due():
    contract = load_metric_contract()

    assert (contract.id, contract.effective) == ("METRIC-CONTRACT-2022-Q3", date(2022, 7, 1))
    assert (contract.gold_due, contract.timezone) == (time(6, 30), "America/Toronto")
    assert contract.channel == "#data-oncall"


def test_active_customer_is_decided_by_the_contracts_parameters():
    parameters = load_metric_contract().clauses["3.1"].parameters

    assert parameters["window_hours"] == 30 * 24
    assert parameters["primary_products"] == [
        "everyday_chequing",
        "student_chequing",
        "high_interest_savings",
    ]
    assert set(parameters["primary_products"]) <= values("core_banking", "account", "product_code")
    assert set(parameters["decisions"].values()) == values("drop_account_reviews", "review", "decision")
    assert (
        list(parameters["decisions"])
        == parameters["status_by_severity"]
        == ["frozen", "under_review", "active"]
    )


def test_customer_initiated_is_what_the_customer_did_with_the_bank():
    types = load_metric_contract().clauses["2.1"].parameters["event_types"]

    assert {name for name, facts in types.items() if facts["customer_initiated"]} == {
        "account_opened",
        "account_closed",
        "txn_purchase",
        "txn_bill_payment",
        "txn_transfer_out",
        "txn_cash_withdrawal",
        "txn_deposit",
        "email_unsubscribe",
    }


def test_every_kind_of_transaction_and_email_event_has_its_event_type():
    types = load_metric_contract().clauses["2.1"].parameters["event_types"]
    transactions = {f"txn_{kind}" for kind in values("core_banking", "posted_transaction", "txn_type")}
    emails = {f"email_{kind}" for kind in values("marketing_automation", "email_event", "event_type")}

    assert {name for name in types if name.startswith("txn_")} == transactions
    assert {name for name in types if name.startswith("email_")} == emails
    assert {facts["source"] for facts in types.values()} <= load_sources().keys()


def test_other_clauses_name_values_that_sources_have():
    clauses = load_metric_contract().clauses

    assert clauses["4.1"].parameters["kyc_state"] in values("kyc", "applicant", "state")
    assert clauses["4.2"].parameters["transaction_status"] in values(
        "core_banking", "posted_transaction", "status"
    )
    shares = clauses["6.2"].parameters
    assert shares["first_percent"] + shares["last_percent"] + shares["rest_percent"] == 100
    pipeline = clauses["7.2"].parameters
    assert {*pipeline["crm_a"].values(), *pipeline["crm_b"].values()} <= pipeline["percent"].keys()


def test_every_metric_has_a_clause_that_its_value_implements():
    contract = load_metric_contract()

    assert {metric.name: metric.clause for metric in contract.metrics} == {
        "active_customers": "3.1",
        "new_customers": "1.1",
        "customer_initiated_events": "2.1",
        "accounts_opened": "2.1",
        "kyc_verified": "2.1",
        "email_clicks": "2.1",
        "main_page_sessions": "7.1",
        "deals_opened": "7.2",
        "tickets_created": "7.3",
        "survey_responses": "7.3",
    }
    for metric in contract.metrics:
        assert "mart_daily_metrics.metric_value" in contract.clauses[metric.clause].columns
