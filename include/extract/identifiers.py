"""Restricted identifiers are replaced by a keyed hash before a byte of them is written anywhere.

A plain hash of a nine-digit number is reversed by trying all of them, which takes a minute. A keyed hash
(HMAC-SHA256) still lets equal identifiers be matched, and says nothing to whoever lacks the key.
"""

import hmac
import re
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

SCHEME = "hmac-sha256"
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SEPARATORS = r"[\s\p{Z}\p{Pd}\p{Cf}]"
_SHORTEST_KEY = 32


class IdentifierKeyError(ValueError):
    """The identifier key cannot be used. The message never contains any of it."""


class KeyConnection(Protocol):
    """The part of an Airflow connection that holds the key: its id as login, its bytes in hex as password."""

    login: str | None
    password: str | None


@dataclass(frozen=True)
class IdentifierKey:
    """The key that restricted values are hashed with. `key_id` travels with each hash, `key` never does."""

    key_id: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _KEY_ID.fullmatch(self.key_id):
            raise IdentifierKeyError(
                "the key id may hold letters, digits, '.', '_' and '-', at most 64 of them; "
                "set it as the login of connection identifier_key"
            )
        if len(self.key) < _SHORTEST_KEY:
            raise IdentifierKeyError(
                f"key {self.key_id} has {len(self.key)} bytes, fewer than {_SHORTEST_KEY}; make one with "
                "`openssl rand -hex 32` and set it as the password of connection identifier_key"
            )

    @classmethod
    def from_connection(cls, connection: KeyConnection) -> "IdentifierKey":
        """The key that an Airflow connection (`identifier_key`) carries."""
        try:
            key = bytes.fromhex(connection.password or "")
        except ValueError:
            raise IdentifierKeyError(
                "the password of connection identifier_key is not hexadecimal; make one with "
                "`openssl rand -hex 32`"
            ) from None
        return cls(connection.login or "", key)

    def keyed(self, values: pa.Array) -> pa.Array:
        """Each value as `hmac-sha256:<key id>:<hex>`, in the type it came in; null stays null.

        One identifier is written in many ways (`046 454 286`, `046-454-286`, full-width digits). So spaces,
        dashes and invisible characters are taken out, and letters and digits brought to their plain form
        (NFKC), before hashing: equal identifiers give equal hashes. A value with nothing left was no
        identifier and becomes null, because hashing it would link everyone who left the field blank.
        """
        plain = pc.utf8_normalize(values.cast(pa.large_string()), form="NFKC")
        plain = pc.replace_substring_regex(plain, pattern=_SEPARATORS, replacement="")
        return pa.array([self._hash(text) for text in plain.to_pylist()], values.type)

    def concealed(self, text: str) -> str:
        """`text`, keyed if it looks like a social insurance number: nine digits whose check digit is right.

        For values that no contract classifies, such as a field that a source adds or renames unannounced.
        """
        digits = re.sub(r"[\s.-]", "", text)
        if re.fullmatch(r"[0-9]{9}", digits) and _luhn(digits):
            return self._hash(digits) or text
        return text

    def _hash(self, text: str | None) -> str | None:
        if not text:
            return None
        return f"{SCHEME}:{self.key_id}:{hmac.digest(self.key, text.encode(), 'sha256').hex()}"


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
