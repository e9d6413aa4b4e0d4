"""Who asks: what an Airflow connection holds about an API, and how a request shows it."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass, field
from typing import Protocol, assert_never

from dlt.sources.helpers.rest_client.auth import APIKeyAuth, HttpBasicAuth, OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.utils import join_url
from requests import PreparedRequest
from requests.auth import AuthBase

from include.contracts import (
    BasicAuth,
    HeaderAuth,
    OAuthAuth,
    OpenAuth,
    ProtocolRead,
    RestRead,
    SignedAuth,
    SourceContract,
)
from include.extract.errors import SourceRefusedError
from include.extract.patience import Authentication, Patience, PatientSession


class HttpConnection(Protocol):
    """The part of an Airflow connection that reaches an API."""

    host: str | None
    login: str | None
    password: str | None


@dataclass(frozen=True)
class Access:
    """Where an API is and who we are there. `secret` is written nowhere."""

    base_url: str
    secret: str = field(repr=False)
    login: str = field(default="", repr=False)

    @classmethod
    def from_connection(cls, connection: HttpConnection) -> Access:
        """The base URL is the host, the secret the password."""
        return cls(connection.host or "", connection.password or "", connection.login or "")


def authentication(contract: SourceContract, access: Access, patience: Patience) -> Authentication:
    """What shows the source who asks, as its contract has it."""
    read = contract.read
    auth = read.auth if isinstance(read, ProtocolRead) else contract.read_as(RestRead).auth
    match auth:
        case HeaderAuth():
            key = auth.format.format(secret=access.secret)
            return _Shown(APIKeyAuth(name=auth.header, api_key=key, location="header"))
        case BasicAuth(user="secret"):
            return _Shown(HttpBasicAuth(access.secret, ""))
        case BasicAuth():
            return _Shown(HttpBasicAuth(access.login, access.secret))
        case SignedAuth():
            return _Signed(auth, access)
        case OAuthAuth():
            return _Token(auth, access, contract, PatientSession(contract, access.base_url, patience))
        case OpenAuth():
            return _Shown(_Nothing())
    assert_never(auth)


class _Nothing(AuthBase):
    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return request


class _Shown:
    """The same with every request."""

    def __init__(self, auth: AuthBase) -> None:
        self._auth = auth

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        return self._auth(request)

    def renewed(self) -> bool:
        return False


class _Signed:
    """A signature over the request and the moment it is sent."""

    def __init__(self, auth: SignedAuth, access: Access) -> None:
        self._auth = auth
        self._access = access

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        moment = str(int(time.time()))
        body = request.body or b""
        signed = f"{moment}{request.method}{request.path_url}".encode()
        signed += body.encode() if isinstance(body, str) else body
        request.headers[self._auth.token] = self._access.login
        request.headers[self._auth.timestamp] = moment
        request.headers[self._auth.signature] = hmac.digest(
            self._access.secret.encode(), signed, "sha256"
        ).hex()
        return request

    def renewed(self) -> bool:
        return False


class _Token:
    """A bearer token, bought when first needed and again when it runs out before its time."""

    def __init__(
        self, auth: OAuthAuth, access: Access, contract: SourceContract, session: PatientSession
    ) -> None:
        self._contract = contract
        self._where = f"{contract.name} POST {auth.token_path}"
        self._uses = 0
        self._auth = OAuth2ClientCredentials(
            access_token_url=join_url(access.base_url, auth.token_path),
            client_id=access.login,
            client_secret=access.secret,
            session=session,
        )

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        if self._auth.access_token is None or self._auth.is_token_expired():
            self._uses = 0
            self._auth.obtain_token()
            if self._auth.access_token in ("", "None"):  # dlt's word for an answer that carries none
                self._auth.access_token = None
                raise SourceRefusedError(
                    f"{self._where}: answered without a token. Compare {self._contract.path.name} and "
                    f"connection {self._contract.connection_id} with the source's documentation."
                )
        self._uses += 1
        return self._auth(request)

    def renewed(self) -> bool:
        """A token that never worked is no reason to buy another."""
        if self._uses < 2:
            return False
        self._auth.access_token = None
        return True
