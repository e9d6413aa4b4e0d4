"""Reads the statements that sqlglot does not model: PUT, COPY INTO, GRANT, tags, policies and their like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import sqlglot
from sqlglot.tokenizer_core import Token, TokenType

from include.sandbox.warehouse.errors import syntax_error
from include.sandbox.warehouse.names import fold

_STAGE = re.compile(r"""'(?P<quoted>@(?:[^']|'')*)'|(?P<bare>@[^\s();,]+)""")
_TEXT = (TokenType.STRING, TokenType.RAW_STRING)
# sqlglot's tokenizer takes what follows these words for one opaque text.
_OPAQUE = re.compile(r"\s*(remove|rm)\b", re.IGNORECASE)

Option: TypeAlias = "str | list[str] | dict[str, Option]"


@dataclass(frozen=True)
class _Token:
    text: str
    is_text: bool
    start: int
    end: int
    line: int
    column: int


def _tokenize(sql: str) -> list[_Token]:
    opaque = _OPAQUE.match(sql)
    readable = sql[: opaque.start(1)] + "X" * len(opaque[1]) + sql[opaque.end() :] if opaque else sql
    try:
        found = sqlglot.tokenize(readable, read="snowflake")
    except sqlglot.errors.TokenError as error:
        raise syntax_error(f"syntax error: {error}") from None
    tokens = [token for t in found if t.token_type != TokenType.SEMICOLON for token in _words(t)]
    return [replace(tokens[0], text=opaque[1]), *tokens[1:]] if opaque else tokens


def _words(token: Token) -> Iterator[_Token]:
    """The token, or its words where sqlglot takes two for one keyword, such as FILE FORMAT."""
    whole = _Token(token.text, token.token_type in _TEXT, token.start, token.end, token.line, token.col)
    if whole.is_text or token.token_type == TokenType.IDENTIFIER or " " not in whole.text:
        yield whole
        return
    for match in re.finditer(r"\S+", whole.text):
        start = whole.start + match.start()
        yield replace(whole, text=match.group(0), start=start, end=start + len(match.group(0)) - 1)


class Reader:
    """A cursor over a statement's tokens. Every method moves forward past what it read."""

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self._tokens = _tokenize(sql)
        self._at = 0

    @property
    def position(self) -> int:
        """Where the reader stands; set it back to read again."""
        return self._at

    @position.setter
    def position(self, value: int) -> None:
        self._at = value

    def skip(self) -> None:
        """Step over one token, whatever it is."""
        self._at += 1

    @property
    def done(self) -> bool:
        return self._at >= len(self._tokens)

    def words(self, count: int) -> tuple[str, ...]:
        """The next words in upper case, without moving."""
        return tuple(t.text.upper() for t in self._tokens[self._at : self._at + count])

    def accept(self, *words: str) -> bool:
        """Step over these words if they come next."""
        if self.words(len(words)) != words:
            return False
        if any(t.is_text for t in self._tokens[self._at : self._at + len(words)]):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        if not self.accept(*words):
            raise self._unexpected(" ".join(words))

    def accept_any(self, *choices: str) -> str | None:
        """Step over one of these words and say which it was."""
        return next((choice for choice in choices if self.accept(choice)), None)

    def if_exists(self) -> bool:
        return self.accept("IF", "EXISTS")

    def if_not_exists(self) -> bool:
        return self.accept("IF", "NOT", "EXISTS")

    def identifier(self) -> str:
        """One identifier, folded."""
        if self.done or self._tokens[self._at].is_text:
            raise self._unexpected("a name")
        token = self._tokens[self._at]
        self._at += 1
        return fold(self.sql[token.start : token.end + 1])

    def name(self) -> list[str]:
        """A dotted name as its folded parts."""
        parts = [self.identifier()]
        while self.accept("."):
            parts.append(self.identifier())
        return parts

    def string(self) -> str:
        """A text literal's value."""
        if self.done or not self._tokens[self._at].is_text:
            raise self._unexpected("a text in single quotes")
        self._at += 1
        return self._tokens[self._at - 1].text

    def string_follows(self) -> bool:
        return not self.done and self._tokens[self._at].is_text

    def stage(self) -> str:
        """A stage reference such as `@db.s.stage/path/`, with or without quotes."""
        start = len(self.sql) if self.done else self._tokens[self._at].start
        match = _STAGE.match(self.sql, start)
        if match is None:
            raise self._unexpected("a stage (@name/path)")
        while not self.done and self._tokens[self._at].start < match.end():
            self._at += 1
        return match["bare"] or match["quoted"].replace("''", "'")

    def stage_follows(self) -> bool:
        return not self.done and _STAGE.match(self.sql, self._tokens[self._at].start) is not None

    def parenthesised(self) -> str:
        """The text between this parenthesis and its partner."""
        self.expect("(")
        start = self._at
        depth = 1
        while depth and not self.done:
            depth += {"(": 1, ")": -1}.get(self._tokens[self._at].text, 0)
            self._at += 1
        if depth:
            raise self._unexpected(")")
        if self._at - 1 == start:
            return ""
        return self.sql[self._tokens[start].start : self._tokens[self._at - 2].end + 1]

    def rest(self) -> str:
        """Everything that is left, as written."""
        if self.done:
            return ""
        text = self.sql[self._tokens[self._at].start : self._tokens[-1].end + 1]
        self._at = len(self._tokens)
        return text

    def options(self) -> dict[str, Option]:
        """`KEY = value` pairs up to the end; a value in parentheses is a list, or options of its own."""
        found: dict[str, Option] = {}
        while not self.done and self.words(1) != (")",):
            key = self.identifier().upper()
            self.expect("=")
            found[key] = self._value()
            self.accept(",")
        return found

    def end(self) -> None:
        """Nothing may follow: an option that is not understood must not be dropped in silence."""
        if not self.done:
            raise self._unexpected("the end of the statement")

    def _value(self) -> Option:
        if self.string_follows():
            return self.string()
        if not self.accept("("):
            return self._bare_value()
        if self._tokens[self._at + 1 : self._at + 2] and self._tokens[self._at + 1].text == "=":
            inner: Option = self.options()
        else:
            items: list[str] = []
            while not self.done and self.words(1) != (")",):
                items.append(self.string() if self.string_follows() else self._bare_value())
                self.accept(",")
            inner = items
        self.expect(")")
        return inner

    def _bare_value(self) -> str:
        return ".".join(self.name())

    def _unexpected(self, wanted: str) -> Exception:
        if self.done:
            return syntax_error(f"syntax error: unexpected '<EOF>', expected {wanted}.")
        token = self._tokens[self._at]
        return syntax_error(
            f"syntax error line {token.line} at position {token.column} unexpected '{token.text}', "
            f"expected {wanted}."
        )
