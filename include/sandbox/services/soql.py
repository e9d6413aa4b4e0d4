"""As much of SOQL as reading a window of an object takes.

https://developer.salesforce.com/docs/atlas.en-us.soql_sosl.meta/soql_sosl/sforce_api_calls_soql_select.htm
"""

import datetime as dt
import re
from dataclasses import dataclass

QUERY = re.compile(
    r"SELECT\s+(?P<fields>[\w.]+(?:\s*,\s*[\w.]+)*)\s+FROM\s+(?P<object>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?(?:\s+ORDER\s+BY\s+(?P<order>.+?))?",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(r"SystemModstamp\s*(>=|<)\s*(\S+)")
ORDER = re.compile(r"SystemModstamp(?:\s+ASC)?\s*,\s*Id(?:\s+ASC)?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")


class SoqlError(ValueError):
    """A query that is refused; `code` is the vendor's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Query:
    """Fields of an object's records that were changed at or after `since` and before `until`."""

    fields: tuple[str, ...]
    object: str
    since: dt.datetime | None
    until: dt.datetime | None


def parse(text: str) -> Query:
    """The query. Raises SoqlError."""
    found = QUERY.fullmatch(text.strip())
    if found is None:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: {text[:40]}")
    if found["order"] and not ORDER.fullmatch(found["order"].strip()):
        raise SoqlError("MALFORMED_QUERY", "the sandbox orders by SystemModstamp, Id alone")
    bounds: dict[str, dt.datetime] = {}
    for condition in re.split(r"\s+AND\s+", found["where"] or "", flags=re.IGNORECASE):
        if not condition:
            continue
        told = CONDITION.fullmatch(condition.strip())
        if told is None or not MOMENT.fullmatch(told[2]):
            # A moment in quotes is a text to the vendor, and no moment.
            raise SoqlError("INVALID_FIELD", f"filter not understood: {condition.strip()}")
        bounds[told[1]] = dt.datetime.fromisoformat(told[2])
    fields = tuple(name.strip() for name in found["fields"].split(","))
    return Query(fields, found["object"], bounds.get(">="), bounds.get("<"))
