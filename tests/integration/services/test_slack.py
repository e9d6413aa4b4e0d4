"""Slack: what slack_sdk and Airflow's hooks send is taken, kept in every version, and shown."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from airflow.providers.slack.hooks.slack import SlackHook
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from slack_sdk import WebClient, WebhookClient
from slack_sdk.errors import SlackApiError

AUTH = {"Authorization": "Bearer xoxb-secret"}


@pytest.fixture
def slack(services: httpx.Client, address: str) -> WebClient:  # noqa: ARG001 -- empties Slack
    return WebClient(token="xoxb-secret", base_url=f"{address}/slack/api/")


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def messages(client: httpx.Client, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/slack/messages", params=query).raise_for_status().json()
    return found


def test_a_message_is_posted_updated_and_kept_in_both_versions(
    services: httpx.Client, slack: WebClient
) -> None:
    posted = slack.chat_postMessage(channel="#data-oncall", text="late", blocks=[section("*late*")])
    assert posted["channel"].startswith("C")
    assert posted["message"]["text"] == "late"
    slack.chat_update(channel=posted["channel"], ts=posted["ts"], text="landed")

    (message,) = messages(services)
    assert (message["channel"], message["ts"]) == ("#data-oncall", posted["ts"])
    assert (message["text"], message["blocks"]) == ("landed", [])
    assert [version["text"] for version in message["versions"]] == ["late", "landed"]
    assert message["versions"][0]["blocks"] == [section("*late*")]


def test_messages_come_newest_first_and_by_channel(services: httpx.Client, slack: WebClient) -> None:
    for number in range(4):
        slack.chat_postMessage(channel="#even" if number % 2 == 0 else "#odd", text=str(number))
    assert [message["text"] for message in messages(services)] == ["3", "2", "1", "0"]
    for asked in ("#even", "even", messages(services, channel="even")[0]["channel_id"]):
        assert [message["text"] for message in messages(services, channel=asked)] == ["2", "0"]
    assert [message["text"] for message in messages(services, limit="1")] == ["3"]
    assert messages(services, channel="#nobody") == []


def test_a_channel_has_one_id_by_whatever_name_it_is_called(slack: WebClient) -> None:
    ids = {slack.chat_postMessage(channel=name, text="x")["channel"] for name in ("#kyc", "kyc")}
    assert {slack.chat_postMessage(channel=ids.copy().pop(), text="x")["channel"]} == ids
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NOSUCH", "text": "x"}, "channel_not_found"),
        ({"channel": "#No Such", "text": "x"}, "channel_not_found"),
        ({"channel": "#a"}, "no_text"),
        ({"channel": "#a", "text": "x" * 40_001}, "msg_too_long"),
        ({"channel": "#a", "text": "x", "blocks": [{"type": "marquee"}]}, "invalid_blocks"),
        ({"channel": "#a", "text": "x", "blocks": [section("x" * 3_001)]}, "invalid_blocks"),
        ({"channel": "#a", "text": "x", "blocks": [section("")]}, "invalid_blocks"),
        ({"channel": "#a", "text": "x", "blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"channel": "#a", "attachments": [{"blocks": [{"type": "x"}]}]}, "invalid_attachments"),
    ],
)
def test_what_slack_would_refuse_is_refused(
    services: httpx.Client, slack: WebClient, arguments: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        slack.api_call("chat.postMessage", json=arguments)
    assert refused.value.response["error"] == error
    assert messages(services) == []


def test_an_update_of_no_message_and_an_unknown_method_are_refused(slack: WebClient) -> None:
    slack.chat_postMessage(channel="#a", text="x")
    with pytest.raises(SlackApiError, match="message_not_found"):
        slack.chat_update(channel="#a", ts="1.000001", text="x")
    with pytest.raises(SlackApiError, match="unknown_method"):
        slack.chat_delete(channel="#a", ts="1.000001")


def test_a_wrong_token_is_refused_and_kept_out_of_the_answer(services: httpx.Client, address: str) -> None:
    base = f"{address}/slack/api/"
    with pytest.raises(SlackApiError, match="invalid_auth") as refused:
        WebClient(token="xoxb-wrong", base_url=base).auth_test()
    assert "xoxb" not in str(refused.value.response.data)
    assert services.post("/slack/api/auth.test").json() == {"ok": False, "error": "not_authed"}


def test_a_form_is_read_like_json(services: httpx.Client) -> None:
    """Older clients send blocks as JSON in a form field, and the token too."""
    form = {"token": "xoxb-secret", "channel": "#a", "text": "x", "blocks": json.dumps([section("*x*")])}
    assert services.post("/slack/api/chat.postMessage", data=form).json()["ok"]
    assert messages(services)[0]["blocks"] == [section("*x*")]
    assert "token" not in json.dumps(messages(services))


def test_the_hook_of_airflow_s_slack_provider_posts(
    services: httpx.Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = {"base_url": f"{address}/slack/api/"}
    connection = {"conn_type": "slack", "password": "xoxb-secret", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SLACK", json.dumps(connection))
    hook = SlackHook(slack_conn_id="slack")
    assert hook.test_connection()[0]
    answer = hook.call("chat.postMessage", json={"channel": "#data-oncall", "text": "from Airflow"})
    assert (answer["ok"], messages(services)[0]["text"]) == (True, "from Airflow")


def test_incoming_webhooks_post(
    services: httpx.Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{address}/slack/services/T1/B1/secret"
    answer = WebhookClient(url).send(text="hello", blocks=[section("hello")])
    assert (answer.status_code, answer.body) == (200, "ok")
    monkeypatch.setenv("AIRFLOW_CONN_HOOK", json.dumps({"conn_type": "slackwebhook", "password": url}))
    SlackWebhookHook(slack_webhook_conn_id="hook").send(text="from Airflow")
    assert [message["text"] for message in messages(services)] == ["from Airflow", "hello"]
    assert messages(services)[0]["source"] == "webhook"
    assert services.post("/slack/services/T1/B1/secret", json={}).text == "no_text"
    bad = services.post(
        "/slack/services/T1/B1/secret", content="{", headers={"Content-Type": "application/json"}
    )
    assert (bad.status_code, bad.text) == (400, "invalid_payload")


def test_the_page_shows_a_channel_with_its_blocks(services: httpx.Client, slack: WebClient) -> None:
    posted = slack.chat_postMessage(
        channel="#data-oncall",
        text="fallback only",
        blocks=[
            {"type": "header", "text": {"type": "plain_text", "text": ":rotating_light: late"}},
            section("*kyc* is `late`, see <https://airflow.example/run?a=1&amp;b=2|the run>"),
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Owner*\nkyc-operations"}]},
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "due _04:30_"}]},
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": "Log"},
                        "url": "https://airflow.example/log",
                        "style": "danger",
                    }
                ],
            },
        ],
        attachments=[{"color": "#e01e5a", "text": "in red", "fields": [{"title": "T", "value": "V"}]}],
    )
    slack.chat_postMessage(channel="#data-oncall", text="looking", thread_ts=posted["ts"])
    page = services.get("/slack/", params={"channel": "data-oncall"})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for expected in (
        "<h3>🚨 late</h3>",
        "<strong>kyc</strong> is <code>late</code>",
        'href="https://airflow.example/run?a=1&amp;b=2"',
        "<strong>Owner</strong><br>kyc-operations",
        "<hr>",
        "due <em>04:30</em>",
        '<a class="button danger" href="https://airflow.example/log"',
        "--bar: #e01e5a",
        "in red",
        'class="thread"',
    ):
        assert expected in page.text
    assert "fallback only" not in page.text, "Slack shows the text only where there are no blocks"


def test_nothing_in_a_message_becomes_markup_or_script(services: httpx.Client, slack: WebClient) -> None:
    evil = '"><script>alert(1)</script><javascript:alert(1)|x><https://ok.example/"onload="x|y>'
    slack.chat_postMessage(
        channel="#a",
        text=evil,
        username=evil,
        blocks=[
            section(evil),
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "text": {"type": "plain_text", "text": evil[:75]},
                        "url": "javascript:alert(1)",
                    }
                ],
            },
            {"type": "image", "image_url": "javascript:alert(1)", "alt_text": evil},
        ],
        attachments=[{"color": 'red"><script>', "title": evil, "title_link": "javascript:x", "text": evil}],
    )
    page = services.get("/slack/")
    assert "<script" not in page.text
    assert 'href="javascript' not in page.text
    assert '"onload="' not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in services.get("/slack/", params={"channel": "<script>"}).text


def test_the_page_without_messages_and_of_an_unknown_channel_says_so(services: httpx.Client) -> None:
    assert "Nobody has posted anything yet" in services.get("/slack/").text
    unknown = services.get("/slack/", params={"channel": "nobody"})
    assert unknown.status_code == 404
    assert "There is no channel nobody" in unknown.text
