"""An HTTP session that rides out a source's bad minutes, and says so in plain words when they do not end."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_before_delay
from tenacity.wait import wait_exponential_jitter

from include.contracts import SourceContract
from include.extract import records
from include.extract.errors import SourceRefusedError, SourceUnavailableError, owner

log = logging.getLogger(__name__)

# In the body of a 403, where the caller is welcome and has asked too often today. Salesforce counts the last
# 24 hours, and answers with the same status whoever may not look at something.
# https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.md
QUOTA_USED_UP = "REQUEST_LIMIT_EXCEEDED"

_CUT = (
    requests.exceptions.ConnectionError,
    requests.exceptions.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


@dataclass(frozen=True)
class Patience:
    """How long to bear with a source, in seconds."""

    page: float = 240
    """With one page that does not come; an outage of a minute is ordinary."""
    in_all: float = 2700
    """With a whole extraction."""
    answer: float = 60
    """With a connection on which nothing arrives."""
    first_wait: float = 0.5
    longest_wait: float = 20


class _PassingError(Exception):
    """One failed attempt that may go better the next time."""

    def __init__(self, what: str, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class Authentication(Protocol):
    """Shows a source who asks, anew in each attempt: a signature is of its moment, a token runs out."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Puts into the request what the source wants to see."""

    def renewed(self) -> bool:
        """After a 401: whether what was shown may have run out, and another attempt shows something new."""


Readable = Callable[[requests.Response], None]
"""Raises ValueError, saying what the answer is, when it is not what a source sends in good health."""


def json_object(response: requests.Response) -> None:
    """What most APIs answer with."""
    if not isinstance(_json(response), dict):
        raise ValueError("JSON that is not an object")


def json_list(response: requests.Response) -> None:
    """A page that is nothing but its records."""
    if not isinstance(_json(response), list):
        raise ValueError("JSON that is not a list")


class PatientSession(requests.Session):
    """Answers only with status 200 and a page that can be read.

    429, 5xx, cut connections and malformed pages are tried again with growing pauses, or after the pause the
    source asks for. The secret travels to `origin` alone: no redirect is followed, no other host asked.

    Raises SourceUnavailableError when patience ends or the day's calls are used up, SourceRefusedError for an
    answer that no retry can change.
    """

    def __init__(
        self,
        contract: SourceContract,
        origin: str,
        patience: Patience,
        authentication: Authentication | None = None,
    ) -> None:
        super().__init__()
        self.auth = lambda request: request  # each attempt does it; and no .netrc is consulted
        self._authentication = authentication
        self._contract = contract
        self._origin = _origin(origin)
        self._patience = patience
        self._started = time.monotonic()
        self._growing = wait_exponential_jitter(
            multiplier=patience.first_wait, max=patience.longest_wait, jitter=patience.first_wait
        )

    def send(
        self,
        request: requests.PreparedRequest,
        *,
        readable: Readable = json_object,
        empty: int = 200,
        **kwargs: Any,
    ) -> requests.Response:
        """Sends until there is an answer to work with: one that `readable` accepts.

        An answer with status `empty` is one, too: it says that there is nothing.
        """
        where = self._where(request)
        if _origin(request.url or "") != self._origin:
            raise SourceRefusedError(
                f"{self._contract.name} points from its pages to another host, {_origin(request.url or '')}, "
                f"where its secret may not go. If it moved, set the host of connection "
                f"{self._contract.connection_id}; else ask {owner(self._contract)}."
            )
        retrying = Retrying(
            retry=retry_if_exception_type(_PassingError),
            wait=self._pause,
            stop=stop_before_delay(self._patience.page),
            before_sleep=lambda state: log.warning("%s: %s; trying again", where, _failure(state)),
            reraise=True,
        )
        given = {**kwargs, "allow_redirects": False, "timeout": self._patience.answer}
        started = time.monotonic()
        try:
            response = retrying(self._attempt, request, readable, empty, **given)
        except _PassingError as trouble:
            waited = round(time.monotonic() - started)
            tries = retrying.statistics["attempt_number"]
            raise self._unavailable(f"{where}: {trouble}, {tries} times in {waited} seconds") from trouble
        return response

    def _attempt(
        self, request: requests.PreparedRequest, readable: Readable, empty: int, **kwargs: Any
    ) -> requests.Response:
        elapsed = time.monotonic() - self._started
        if elapsed > self._patience.in_all:
            raise self._unavailable(f"{self._where(request)}: extraction has taken {round(elapsed)} seconds")
        if self._authentication is not None:
            request = self._authentication(request)
        with self._own_words(request):
            response = super().send(request, **kwargs)
        status = response.status_code
        if status == 429 or status >= 500:
            raise _PassingError(f"answered {status}", _retry_after(response))
        if status == 401 and self._authentication is not None and self._authentication.renewed():
            raise _PassingError("answered 401 to a token that may have run out", 0.0)
        if status == 403 and _error_code(response) == QUOTA_USED_UP:
            raise self._without_quota(request)
        if status == empty != 200:
            return response
        if status != 200:
            raise SourceRefusedError(self._refusal(request, status))
        try:
            readable(response)
        except ValueError as error:
            raise _PassingError(f"answered with {error}") from None
        return response

    @contextmanager
    def _own_words(self, request: requests.PreparedRequest) -> Iterator[None]:
        """Errors of the HTTP library quote the whole URL, query included; ours do not."""
        try:
            yield
        except _CUT as error:
            raise _PassingError(f"connection failed ({type(error).__name__})") from None
        except requests.exceptions.RequestException as error:
            raise SourceRefusedError(
                f"{self._where(request)}: the request cannot be made ({type(error).__name__}). "
                f"Check the host of connection {self._contract.connection_id}."
            ) from None

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, _PassingError) else None
        return self._growing(state) if asked is None else asked

    def _where(self, request: requests.PreparedRequest) -> str:
        return f"{self._contract.name} {request.method} {urlsplit(request.url or '').path}"

    def _refusal(self, request: requests.PreparedRequest, status: int) -> str:
        if status in (401, 403):
            step = f"Renew the secret: password of connection {self._contract.connection_id}."
        else:
            step = (
                f"Compare {self._contract.path.name} and connection {self._contract.connection_id} with the "
                f"source's documentation, or ask {owner(self._contract)}."
            )
        return f"{self._where(request)}: answered {status}, which trying again does not change. {step}"

    def _without_quota(self, request: requests.PreparedRequest) -> SourceUnavailableError:
        """Asking again at once would be one call more. The task does so, later and not for ever."""
        return SourceUnavailableError(
            f"{self._where(request)}: answered 403, {QUOTA_USED_UP}: the calls that {self._contract.name} "
            f"allows in a day are used up. Nothing was loaded, and the secret is good. This task retries by "
            f"itself, and calls come back as the oldest turn 24 hours old; if it still fails then, ask "
            f"{owner(self._contract)} who uses them up, or to allow more."
        )

    def _unavailable(self, what: str) -> SourceUnavailableError:
        return SourceUnavailableError(
            f"{what}. Nothing was loaded. This task retries by itself; if it still fails then, ask "
            f"{owner(self._contract)} whether {self._contract.name} is down."
        )


def _json(response: requests.Response) -> Any:
    try:
        return records.parse(response.content)
    except ValueError:
        raise ValueError("a page that is not JSON") from None


def _error_code(response: requests.Response) -> str:
    """The code in an error's body, as Salesforce writes it: `[{"errorCode": ..., "message": ...}]`."""
    try:
        first = _json(response)[0]
        return str(first["errorCode"])
    except (ValueError, TypeError, LookupError):
        return ""


def _failure(state: RetryCallState) -> str:
    return str(state.outcome.exception()) if state.outcome else "failed"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _retry_after(response: requests.Response) -> float | None:
    """The pause a source asks for, in seconds: RFC 9110 allows a number or a date."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        return max(0.0, (parsedate_to_datetime(asked) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
