"""Every way to show a source who asks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

from include.contracts import (
    BasicAuth,
    OAuthAuth,
    OpenAuth,
    SignedAuth,
)
from include.extract.errors import SourceRefusedError
from include.extract.rest import access
from tests.integration.extract.api import Answer, Api, body, cut, person, status
from tests.integration.extract.people import ACCESS, read, source

SIGNED = SignedAuth("X-Token", "X-Ts", "X-Sig")
OAUTH = OAuthAuth("/oauth/token")


@pytest.mark.parametrize(
    ("user", "shown"), [("login", "who-asks:s3cret-of-the-test"), ("secret", "s3cret-of-the-test:")]
)
def test_basic_authentication_shows_login_and_secret_or_the_secret_alone(
    api: Api, user: Any, shown: str
) -> None:
    read(api, source(BasicAuth(user)))
    assert api.headers[0]["Authorization"] == f"Basic {base64.b64encode(shown.encode()).decode()}"


def test_a_public_api_is_shown_nothing(api: Api) -> None:
    read(api, source(OpenAuth()))
    assert "Authorization" not in api.headers[0]


def test_each_attempt_is_signed_at_its_own_moment(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count(1000)
    monkeypatch.setattr(access.time, "time", lambda: next(seconds))
    api.faults = [status(503), cut]
    paths = []
    answer = api.answer
    api.answer = lambda handler: (paths.append(handler.path), answer(handler))[1]  # type: ignore[method-assign, assignment, func-returns-value]
    read(api, source(SIGNED))
    assert len({headers["X-Ts"] for headers in api.headers}) == len(api.headers) == 3
    for path, headers in zip(paths, api.headers, strict=True):
        message = f"{headers['X-Ts']}GET{path}".encode()
        expected = hmac.new(ACCESS.secret.encode(), message, hashlib.sha256).hexdigest()
        assert (headers["X-Token"], headers["X-Sig"]) == ("who-asks", expected)
        assert ACCESS.secret not in str(headers) + path


def token(value: str) -> Answer:
    return body(json.dumps({"access_token": value, "expires_in": 3600}))


def test_a_token_is_bought_once_for_all_pages(api: Api) -> None:
    api.faults = [token("t1")]
    api.people = [person(number) for number in range(5)]
    assert len(read(api, source(OAUTH))) == 5
    assert [path for path, _ in api.requests] == ["/oauth/token", *["/v1/people"] * 3]
    assert {headers.get("Authorization") for headers in api.headers[1:]} == {"Bearer t1"}


def test_a_token_that_ran_out_is_bought_again(api: Api) -> None:
    api.people = [person(number) for number in range(4)]
    first = lambda handler: Api.answer(replace(api, faults=[], requests=[], headers=[]), handler)  # noqa: E731
    api.faults = [token("t1"), first, status(401), token("t2")]
    assert len(read(api, source(OAUTH))) == 4
    shown = [headers.get("Authorization") for headers in api.headers]
    assert shown == [None, "Bearer t1", "Bearer t1", None, "Bearer t2"]


def test_a_token_that_never_worked_is_not_bought_again(api: Api) -> None:
    api.faults = [token("t1"), status(401)]
    with pytest.raises(SourceRefusedError, match="answered 401"):
        read(api, source(OAUTH))
    assert len(api.requests) == 2


def test_credentials_that_buy_no_token_are_refused_without_being_told(api: Api) -> None:
    api.faults = [status(401)]
    with pytest.raises(SourceRefusedError, match=r"people POST /oauth/token: answered 401") as refused:
        read(api, source(OAUTH))
    assert ACCESS.secret not in str(refused.value)
    api.faults = [body("{}")]
    with pytest.raises(SourceRefusedError, match="answered without a token"):
        read(api, source(OAUTH))


def test_buying_a_token_rides_out_a_bad_minute(api: Api) -> None:
    api.faults = [status(503), cut, body("<html>"), token("t1")]
    api.people = [person(1)]
    assert len(read(api, source(OAUTH))) == 1


def test_access_is_not_shown_when_printed() -> None:
    assert "s3cret" not in repr(ACCESS)
    assert "who-asks" not in repr(ACCESS)
