"""The callback where Airflow or Slack does not answer well, and where it runs twice."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from include.contracts import load_sources
from include.paging.deadlines import bronze_deadline
from include.paging.missed import page_missed_deadline
from include.paging.slack import Message, SlackError, post
from tests.integration.paging.slack import TOKEN, Slack

HELLO = Message(text="hello", blocks=())


@pytest.fixture(autouse=True)
def _connections(monkeypatch: pytest.MonkeyPatch, slack: Slack) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", slack.connection)


def call_back(deadline_id: str, state: str = "running") -> None:
    """Run the callback as the triggerer does, with the arguments that the DAG of kyc carries."""
    context = {
        "dag_run": {
            "dag_id": "bronze_kyc",
            "dag_run_id": f"manual__{deadline_id}",
            "partition_key": "2026-11-18",
            "state": state,
        },
        "deadline": {"id": deadline_id, "deadline_time": "2026-11-19T09:30:00+00:00"},
    }
    kwargs: dict[str, Any] = bronze_deadline(load_sources()["kyc"]).callback.kwargs
    asyncio.run(page_missed_deadline(**kwargs, context=context))


def test_the_page_goes_out_even_if_airflow_cannot_say_anything_about_the_run(slack: Slack) -> None:
    deadline_id = str(uuid4())
    call_back(deadline_id)
    (page,) = slack.about(deadline_id)
    assert "kyc is late: 2026-11-18" in page["text"]
    assert "Airflow names no task" in json.dumps(page)


def test_a_callback_that_another_triggerer_starts_again_leaves_one_page(slack: Slack) -> None:
    deadline_id = str(uuid4())
    call_back(deadline_id)
    call_back(deadline_id)
    assert len(slack.about(deadline_id)) == 1


def test_two_deadlines_are_two_pages(slack: Slack) -> None:
    first, second = str(uuid4()), str(uuid4())
    call_back(first)
    call_back(second)
    assert len(slack.about(first)) == len(slack.about(second)) == 1


def test_a_run_that_succeeded_in_the_meantime_pages_nobody(slack: Slack) -> None:
    deadline_id = str(uuid4())
    call_back(deadline_id, state="success")
    assert slack.about(deadline_id) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 500},
        {"kind": "error", "status": 502},
        {"kind": "rate_limit", "seconds": 1},
        {"kind": "cut"},
    ],
    ids=["500", "502", "rate limit", "cut connection"],
)
def test_a_page_survives_a_slack_that_stumbles(slack: Slack, fault: dict[str, Any]) -> None:
    deadline_id = str(uuid4())
    slack.stumble(**fault, count=1)
    call_back(deadline_id)
    assert len(slack.about(deadline_id)) == 1


def test_a_refusal_names_channel_and_reason_and_says_what_to_do_next() -> None:
    with pytest.raises(SlackError, match=r"#No Where: channel_not_found; create the channel, or correct it"):
        post("#No Where", HELLO, once=uuid4())


def test_an_unreachable_slack_is_named_without_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("include.paging.slack.ATTEMPTS", 1)
    extra = {"base_url": "http://127.0.0.1:1/api/"}
    nowhere = json.dumps({"conn_type": "slack", "password": TOKEN, "extra": extra})
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", nowhere)
    with pytest.raises(SlackError, match=r"could not be reached .*#kyc.*connection 'slack'") as caught:
        post("#kyc", HELLO, once=uuid4())
    assert TOKEN not in str(caught.value)
