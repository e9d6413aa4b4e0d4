from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from include.paging.missed_message import MissedDeadline, missed_message
from include.paging.progress import Publication, TaskProgress
from include.paging.promise import Promise
from include.paging.slack import Message

KYC = Promise(
    subject="kyc",
    owner="kyc-operations",
    owner_channel="#kyc",
    on_call_channel="#data-oncall",
    criticality="blocking",
    gold_tables="dim_customer, mart_daily_metrics",
    timezone="America/Toronto",
)
DUE = datetime(2026, 11, 19, 9, 30, tzinfo=UTC)
RETRYING = TaskProgress(
    "extract", "up_for_retry", since=DUE - timedelta(minutes=5), try_number=2, max_tries=4
)
MISS = MissedDeadline(
    promise=KYC,
    dag_id="bronze_kyc",
    run_id="scheduled__2026-11-19T03:00:00+00:00",
    partition_key="2026-11-18",
    due=DUE,
    now=DUE + timedelta(minutes=75),
    run_state="running",
    gold_is_out=False,
    tasks=(RETRYING,),
    published=Publication("2026-11-17", datetime(2026, 11, 18, 11, 2, tzinfo=UTC)),
)
GOLD = replace(KYC, subject="gold", criticality="gold", owner="data-platform", owner_channel="#data-oncall")


@pytest.fixture(autouse=True)
def _addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.bank.example/")
    monkeypatch.setenv("GOVERNED_ANALYTICS_DOCS_URL", "https://docs.bank.example/data")


def words(message: Message) -> str:
    """All that a reader sees, block by block."""
    texts = []
    for block in message.blocks:
        texts += [block["text"]["text"]] if "text" in block else [e["text"] for e in block["elements"]]
    return "\n".join(texts)


def test_the_page_says_what_is_late_since_when_and_for_how_long() -> None:
    text = words(missed_message(MISS))
    assert "kyc is late: 2026-11-18" in text
    assert "`bronze_kyc`" in text
    assert "due at *04:30 on Thu 19 Nov (Toronto time)*, *1 h 15 min* ago" in text


def test_the_page_names_the_task_that_holds_the_run_up_with_its_try_and_since_when() -> None:
    text = words(missed_message(MISS))
    assert "extract>: *up for retry*, since 04:25 (1 h 20 min), try 2 of 4" in text


def test_the_page_says_which_tables_are_stale_and_what_readers_see_meanwhile() -> None:
    text = words(missed_message(MISS))
    assert "*blocking* source: gold is not built until it has arrived" in text
    assert "`gold.dim_customer`, `gold.mart_daily_metrics`" in text
    assert "Last published: partition *2026-11-17*, at 06:02 on Wed 18 Nov (Toronto time)" in text


def test_the_page_says_so_when_the_last_publication_is_not_known() -> None:
    assert "not known here" in words(missed_message(replace(MISS, published=None)))


def test_the_page_links_to_the_run_the_log_of_that_try_and_the_runbook() -> None:
    text = words(missed_message(MISS))
    run = "https://airflow.bank.example/dags/bronze_kyc/runs/scheduled__2026-11-19T03%3A00%3A00%2B00%3A00"
    assert f"<{run}|Run>" in text
    assert f"<{run}/tasks/extract?try_number=2|Log>" in text
    assert "<https://docs.bank.example/data/runbooks/a-source-is-late.md|Runbook>" in text


def test_without_a_docs_site_the_page_still_names_the_runbooks_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GOVERNED_ANALYTICS_DOCS_URL")
    assert "`docs/runbooks/a-source-is-late.md`" in words(missed_message(MISS))


def test_the_page_names_the_owner_and_where_to_reach_them() -> None:
    assert "kyc-operations (#kyc)" in words(missed_message(MISS))


def test_a_failed_run_is_called_failed_and_the_next_step_is_to_clear_it() -> None:
    failed = replace(MISS, run_state="failed", tasks=(replace(RETRYING, state="failed"),))
    text = words(missed_message(failed))
    assert "kyc has failed: 2026-11-18" in text
    assert "clear the failed tasks" in text


@pytest.mark.parametrize(
    ("state", "step"),
    [
        ("failed", "says what was wrong"),
        ("up_for_retry", "tries again by itself"),
        ("queued", "waits for a slot or a worker"),
        ("scheduled", "waits for a slot or a worker"),
        ("running", "see whether it still moves"),
        ("deferred", "see whether it still moves"),
    ],
)
def test_the_first_step_fits_the_state_of_the_task(state: str, step: str) -> None:
    assert step in words(missed_message(replace(MISS, tasks=(replace(RETRYING, state=state),))))


def test_a_run_of_which_no_task_is_known_sends_the_reader_to_the_run_and_the_scheduler() -> None:
    text = words(missed_message(replace(MISS, tasks=(), run_state="queued")))
    assert "has *not started*" in text
    assert "another run of the DAG still goes on" in text
    assert "scheduler and the workers live" in text


def test_a_degradable_source_makes_no_table_stale() -> None:
    text = words(missed_message(replace(MISS, promise=replace(KYC, criticality="degradable"))))
    assert "gold is built without it" in text
    assert "Stale" not in text


def test_late_gold_says_that_readers_keep_the_previous_set() -> None:
    text = words(missed_message(replace(MISS, promise=GOLD, dag_id="medallion")))
    assert "Gold is late: 2026-11-18" in text
    assert "Readers keep the previous gold" in text
    assert "runbooks/gold-is-late.md" in text


def test_a_run_that_failed_after_publishing_is_not_called_late() -> None:
    judging = replace(RETRYING, task_id="detect_anomalies", state="failed")
    failed = replace(MISS, promise=GOLD, run_state="failed", gold_is_out=True, tasks=(judging,))
    text = words(missed_message(failed))
    assert "Gold is published but not judged: 2026-11-18" in text
    assert "can wait for the morning" in text
    assert "Stale" not in text


def test_a_hundred_waiting_tasks_are_counted_not_listed() -> None:
    tasks = tuple(TaskProgress(f"stg_{n}", "running") for n in range(100))
    text = words(missed_message(replace(MISS, tasks=tasks)))
    assert "• and 95 more" in text
    assert "stg_5|" not in text


def test_the_notification_line_says_it_all_without_markup() -> None:
    text = missed_message(MISS).text
    assert text == (
        "kyc is late: 2026-11-18. bronze_kyc, partition 2026-11-18, was due at 04:30 on Thu 19 Nov "
        "(Toronto time), 1 h 15 min ago. The run is running. Owner: kyc-operations."
    )


def test_names_cannot_break_out_into_markup_or_mentions() -> None:
    text = words(missed_message(replace(MISS, partition_key="<!channel> & <@U1>")))
    assert "<!channel>" not in text.split("\n", 1)[1]  # the headline is plain text: Slack shows it literally
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in text


def test_the_message_fits_slacks_limits_however_long_names_are() -> None:
    long = replace(MISS, partition_key="9" * 4000, tasks=(replace(RETRYING, task_id="t" * 4000),) * 9)
    message = missed_message(long)
    assert len(message.blocks[0]["text"]["text"]) <= 150
    assert all(len(b["text"]["text"]) <= 3000 for b in message.blocks if b["type"] == "section")
    json.dumps(list(message.blocks))
