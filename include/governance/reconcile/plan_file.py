"""Reads a reconciliation file. What is wrong in it is said with its line and the next step."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from include.contracts.document import Document, Keys
from include.contracts.errors import ContractError, suggestion
from include.governance.reconcile.causes import BY_NAME
from include.governance.reconcile.plan import KINDS, Dialect, Ignored, Legacy, Pair, Plan, ReconcileError

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
RELATION = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*){0,2}")
DIALECT = {
    "delimiter", "encoding", "skip_lines", "decimal", "thousands", "dates", "timezone", "nulls", "yes", "no",
}  # fmt: skip
OPTIONS = {"mart", "type", "tolerance", "relative_tolerance", "scale", "values", "masked"}


def read_plan(path: Path) -> Plan:
    """The plan in a YAML file. A legacy file named in it is looked for beside it. Raises ReconcileError."""
    try:
        return _Reader(Document(path)).plan()
    except ContractError as problem:
        shown = f"{path}:{problem.line}: {problem.reason}"
        raise ReconcileError(f"{shown}; {problem.next_step}") from problem


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: dict[str, Any] = document.data

    def plan(self) -> Plan:
        self._known(
            (), self.data,
            {"legacy", "mart", "date", "date_is_key", "keys", "columns", "ignore", "missing_is_zero"},
        )  # fmt: skip
        for key in ("legacy", "mart", "date", "columns"):
            if key not in self.data:
                raise self.document.error(
                    (), f"`{key}` is missing", "docs/reconcile-old-and-new.md has a file to start from"
                )
        days = self._pairs("date")
        if len(days) != 1:
            raise self.document.error(
                ("date",), "`date` names several columns", "name one: `date: {Day: metric_date}`"
            )
        day_is_key = self._truth((), "date_is_key", default=True)
        keys, columns = self._pairs("keys"), self._pairs("columns")
        if not keys and not day_is_key:
            raise self.document.error((), "there is no key", "name the columns that identify a row in `keys`")
        if not columns:
            raise self.document.error(("columns",), "no column is compared", "name at least one")
        self._each_once([("date", days), ("keys", keys), ("columns", columns)])
        return Plan(
            path=self.document.path,
            legacy=self._legacy(),
            mart=self._mart(),
            day=days[0],
            day_is_key=day_is_key,
            keys=keys,
            columns=columns,
            ignored=self._ignored(keys, (*columns, *days)),
            missing_is_zero=self._truth((), "missing_is_zero", default=False),
        )

    def _legacy(self) -> Legacy:
        at: Keys = ("legacy",)
        told = self._mapping(at, self.data["legacy"])
        self._known(at, told, {"file", "query", "connection", "last_day", *DIALECT})
        file, query = self._text(at, told, "file"), self._text(at, told, "query")
        if bool(file) == bool(query):
            raise self.document.error(at, "needs either `file` or `query`", "give one of the two")
        if file and told.get("connection"):
            raise self.document.error(
                (*at, "connection"), "a file needs no connection", "remove it, or give a `query`"
            )
        if file and Path(file).suffix.lower() in (".xls", ".xlsx", ".xlsm", ".ods"):
            raise self.document.error(
                (*at, "file"), f"{file} is a workbook", "save the sheet as CSV and name that file"
            )
        return Legacy(
            file=(self.document.path.parent / file) if file else None,
            query=query.strip().rstrip(";"),
            connection=self._text(at, told, "connection"),
            last_day=self._day((*at, "last_day"), told["last_day"]) if "last_day" in told else None,
            dialect=self._dialect(at, told),
        )

    def _dialect(self, at: Keys, told: Mapping[str, Any]) -> Dialect:
        given: dict[str, Any] = {}
        for key in ("delimiter", "encoding", "decimal", "thousands", "dates", "timezone"):
            if key in told:
                given[key] = self._text(at, told, key, keep=True)
        for key in ("nulls", "yes", "no"):
            if key in told:
                given[key] = tuple(str(value) for value in self._list((*at, key), told[key]))
        if "skip_lines" in told:
            if not isinstance(told["skip_lines"], int) or told["skip_lines"] < 0:
                raise self.document.error(
                    (*at, "skip_lines"), "is no count of lines", "give how many lines stand above the header"
                )
            given["skip_lines"] = told["skip_lines"]
        dialect = Dialect(**given)
        self._check(at, dialect)
        return dialect

    def _check(self, at: Keys, dialect: Dialect) -> None:
        if len(dialect.delimiter) != 1:
            raise self.document.error(
                (*at, "delimiter"), f"{dialect.delimiter!r} is not one character", 'write ";" or "\\t"'
            )
        if dialect.decimal not in (".", ","):
            raise self.document.error(
                (*at, "decimal"), f"{dialect.decimal!r} is no decimal mark", 'write "." or ","'
            )
        if dialect.thousands and dialect.thousands not in (".", ",", " ", "'"):
            raise self.document.error(
                (*at, "thousands"), f"{dialect.thousands!r} groups no digits", 'write ".", ",", " " or "\'"'
            )
        if dialect.thousands == dialect.decimal:
            raise self.document.error(
                (*at, "thousands"), "is the decimal mark too", "say which of the two the file uses it for"
            )
        try:
            codecs.lookup(dialect.encoding)
        except LookupError:
            raise self.document.error(
                (*at, "encoding"), f"unknown encoding {dialect.encoding!r}", "write utf-8, cp1252 or latin-1"
            ) from None
        if dialect.timezone:
            try:
                ZoneInfo(dialect.timezone)
            except (ValueError, ZoneInfoNotFoundError):
                raise self.document.error(
                    (*at, "timezone"), f"unknown time zone {dialect.timezone!r}", "write it as UTC"
                ) from None
            if "HH" not in dialect.dates.upper():
                raise self.document.error(
                    (*at, "timezone"), "says in which zone moments are, but `dates` has no time of day",
                    "write `dates: YYYY-MM-DD HH24:MI:SS`, or remove `timezone`: a day alone cannot be moved",
                )  # fmt: skip

    def _mart(self) -> str:
        mart = self.data["mart"]
        if isinstance(mart, dict):
            self._known(("mart",), mart, {"query"})
            query = self._text(("mart",), mart, "query").strip().rstrip(";")
            if query:
                return f"({query})"
        if not isinstance(mart, str) or not RELATION.fullmatch(mart):
            raise self.document.error(
                ("mart",),
                f"{mart!r} is no table",
                "write `gold.mart_daily_metrics`, or `{query: select ...}`",
            )
        return mart

    def _pairs(self, section: str) -> tuple[Pair, ...]:
        told = self._mapping((section,), self.data.get(section) or {})
        return tuple(self._pair((section, name), str(name), options) for name, options in told.items())

    def _pair(self, at: Keys, legacy: str, told: Any) -> Pair:
        options = {"mart": told} if isinstance(told, str) else self._mapping(at, told)
        self._known(at, options, OPTIONS)
        mart = self._text(at, options, "mart")
        if not IDENTIFIER.fullmatch(mart):
            raise self.document.error(at, f"{mart!r} is no column of a mart", f"write `{legacy}: its_column`")
        kind: Any = options.get("type", "")
        if kind and kind not in KINDS:
            raise self.document.error((*at, "type"), f"unknown type {kind!r}", suggestion(kind, KINDS))
        pair = Pair(
            legacy=legacy,
            mart=mart.lower(),
            kind=kind,
            absolute=self._number((*at, "tolerance"), options.get("tolerance", 0)),
            relative=self._number((*at, "relative_tolerance"), options.get("relative_tolerance", 0)),
            scale=self._number((*at, "scale"), options.get("scale", 1), below_zero=True),
            values=tuple(
                (str(old), str(new))
                for old, new in self._mapping((*at, "values"), options.get("values", {})).items()
            ),
            masked=self._truth(at, "masked", default=False, of=options),
        )
        if not pair.scale:
            raise self.document.error(
                (*at, "scale"), "is zero", "give what a legacy value is multiplied with"
            )
        if pair.relative >= 1:
            raise self.document.error(
                (*at, "relative_tolerance"), f"{pair.relative} lets everything pass",
                "it is a share: 0.01 is one percent",
            )  # fmt: skip
        return pair

    def _ignored(self, keys: Iterable[Pair], columns: Iterable[Pair]) -> tuple[Ignored, ...]:
        rules = []
        names = {pair.legacy for pair in columns}
        key_names = {pair.legacy for pair in keys if not pair.masked}
        for index, item in enumerate(self._list(("ignore",), self.data.get("ignore") or [])):
            at: Keys = ("ignore", index)
            rule = self._mapping(at, item)
            self._known(at, rule, {"reason", "columns", "causes", "days", "where"})
            reason = self._text(at, rule, "reason")
            if not reason:
                raise self.document.error(at, "has no reason", "say in `reason` who explained it, and how")
            where = self._mapping((*at, "where"), rule.get("where") or {})
            self._among((*at, "where"), list(where), key_names)
            if len(rule) == 1:
                raise self.document.error(
                    at, "ignores every difference", "add `columns`, `causes`, `days` or `where`"
                )
            rules.append(
                Ignored(
                    reason=reason,
                    columns=self._among((*at, "columns"), rule.get("columns", []), names),
                    causes=self._among((*at, "causes"), rule.get("causes", []), BY_NAME),
                    days=tuple(
                        self._day((*at, "days"), day).isoformat()
                        for day in self._list((*at, "days"), rule.get("days", []))
                    ),
                    where={
                        str(key): tuple(str(value) for value in self._list((*at, "where", key), values))
                        for key, values in where.items()
                    },
                )
            )  # fmt: skip
        return tuple(rules)

    def _each_once(self, sections: Iterable[tuple[str, Iterable[Pair]]]) -> None:
        seen: dict[str, str] = {}
        for section, pairs in sections:
            for pair in pairs:
                if pair.legacy in seen:
                    raise self.document.error(
                        (section, pair.legacy), f"{pair.legacy!r} is in `{seen[pair.legacy]}` too",
                        "leave it in one of the two; whether the date is a key is said by `date_is_key`",
                    )  # fmt: skip
                seen[pair.legacy] = section

    def _among(self, at: Keys, given: Any, allowed: Iterable[str]) -> tuple[str, ...]:
        names = tuple(str(name) for name in self._list(at, given))
        for name in names:
            if name not in allowed:
                raise self.document.error(at, f"{name!r} is not known here", suggestion(name, allowed))
        return names

    def _known(self, at: Keys, told: Mapping[str, Any], allowed: Iterable[str]) -> None:
        for key in told:
            if key not in allowed:
                raise self.document.error((*at, key), f"unknown key {key!r}", suggestion(key, allowed))

    def _mapping(self, at: Keys, told: Any) -> dict[str, Any]:
        if not isinstance(told, dict):
            raise self.document.error(at, f"{told!r} is no mapping", "write `legacy column: mart column`")
        return told

    def _list(self, at: Keys, told: Any) -> list[Any]:
        if not isinstance(told, list):
            raise self.document.error(at, f"{told!r} is no list", "write it in brackets: [a, b]")
        return told

    def _text(self, at: Keys, told: Mapping[str, Any], key: str, *, keep: bool = False) -> str:
        value = told.get(key, "")
        if not isinstance(value, str):
            raise self.document.error((*at, key), f"{value!r} is no text", "put it in quotation marks")
        return value if keep else value.strip()

    def _truth(self, at: Keys, key: str, *, default: bool, of: Mapping[str, Any] | None = None) -> bool:
        value = (self.data if of is None else of).get(key, default)
        if not isinstance(value, bool):
            raise self.document.error((*at, key), f"{value!r} is neither true nor false", "write one of them")
        return value

    def _number(self, at: Keys, value: Any, *, below_zero: bool = False) -> Decimal:
        try:
            number = Decimal(str(value))
        except InvalidOperation:
            number = Decimal("NaN")
        if isinstance(value, bool) or not number.is_finite() or (number < 0 and not below_zero):
            raise self.document.error(at, f"{value!r} is no such number", "write it as 0.01")
        return number

    def _day(self, at: Keys, value: Any) -> date:
        try:
            return value if type(value) is date else date.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.document.error(at, f"{value!r} is no day", "write it as 2026-11-20") from None
