"""SQL for single values: how a legacy text is read, and when two values agree."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

from include.contracts import TIMEZONE
from include.governance.reconcile.plan import Dialect, Pair

NUMBER = "number(38, 10)"
# What fits 64 bits is read many times faster than what may need 128.
SHORT = "[+-]?[0-9]{1,12}([.][0-9]{0,6})?"
LONG = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([Ee][+-]?[0-9]+)?"
SPACES = " \t\u00a0\u2009\u202f"
SYMBOLS = "$\u20ac\u00a3%"
LATIN = range(0xC0, 0x250)
COMBINING = "".join(map(chr, range(0x300, 0x370)))
MIDNIGHT = "[ T]00:00(:00([.]0+)?)?Z?$"

PERSONAL = (
    ".*[^ ]@[^ ].*",
    "[^0-9]*[0-9]{3}[ .-]?[0-9]{3}[ .-]?[0-9]{3}[^0-9]*",
    "[^0-9]*(1[ .-]?)?[(]?[0-9]{3}[)]?[ .-]*[0-9]{3}[ .-]?[0-9]{4}[^0-9]*",
)
"""An e-mail address, a nine-digit identifier, a telephone number: what a legacy text may not be shown as."""
HIDDEN = "'***'"


def literal(text: str) -> str:
    """A text as Snowflake reads it between quotes, where a backslash escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def present(text: str, dialect: Dialect) -> str:
    """A legacy text, or null where the extract writes one of its words for nothing."""
    words = ", ".join(literal(word) for word in ("", *dialect.nulls))
    return f"case when trim({text}) not in ({words}) then {text} end"


def bare(text: str, dialect: Dialect) -> str:
    """A number without what people put between its digits and around them, its mark a point."""
    dropped = literal(SPACES + SYMBOLS + dialect.thousands.strip())
    # Most numbers are bare, and looking is cheaper than taking nothing away.
    is_bare = f"regexp_like({text}, '-?[0-9]+([{dialect.decimal}][0-9]+)?')"
    digits = f"case when {is_bare} then {text} else translate({text}, {dropped}, '') end"
    return f"replace({digits}, ',', '.')" if dialect.decimal == "," else digits


def signed(text: str) -> str:
    """A bare number with its sign in front. Accountants write (5), some programs 5-."""
    return (
        f"case when {text} like '(%)' then '-' || substr({text}, 2, length({text}) - 2) "
        f"when {text} like '%-' then '-' || substr({text}, 1, length({text}) - 1) else {text} end"
    )


def read(pair: Pair, text: str, dialect: Dialect) -> str:
    """The value that a legacy text stands for, a number's being bare and signed; null if it is unreadable."""
    if pair.kind == "number":
        value = (
            f"case when regexp_like({text}, '{SHORT}') then try_to_decimal({text}, 18, 6)::{NUMBER} "
            f"when regexp_like({text}, '{LONG}') then try_to_decimal({text}, 38, 10) end"
        )
        return value if pair.scale == 1 else f"(({value}) * {_plain(pair.scale)})::{NUMBER}"
    if pair.kind == "date":
        return day(text, dialect)
    if pair.kind == "boolean":
        word = f"lower(trim({text}))"
        yes, no = (", ".join(literal(w.lower()) for w in words) for words in (dialect.yes, dialect.no))
        return f"case when {word} in ({yes}) then true when {word} in ({no}) then false end"
    if pair.values:
        renamed = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in pair.values)
        return f"case trim({text}) {renamed} else {text} end"
    return text


def day(text: str, dialect: Dialect) -> str:
    """The Toronto day of a legacy text."""
    if "HH" not in dialect.dates.upper():  # spreadsheets write a day as its midnight
        plain = f"case when {text} like '%:%' then regexp_replace({text}, '{MIDNIGHT}', '') else {text} end"
        return f"try_to_date(trim({plain}), {literal(dialect.dates)})"
    moment = f"try_to_timestamp_ntz(trim({text}), {literal(dialect.dates)})"
    if dialect.timezone and dialect.timezone != TIMEZONE:
        moment = f"convert_timezone({literal(dialect.timezone)}, '{TIMEZONE}', {moment})"
    return f"{moment}::date"


def as_mart(pair: Pair, column_type: str) -> str:
    """A mart's column, of a type as Snowflake calls it, as the pair's kind of value.

    A mart's moments are UTC and become Toronto days.
    """
    if pair.kind == "number":
        return f"mart.{pair.mart}::{NUMBER}"
    if pair.kind == "date" and column_type.startswith("TIMESTAMP"):
        return f"convert_timezone('UTC', '{TIMEZONE}', mart.{pair.mart}::timestamp_ntz)::date"
    if pair.kind in ("date", "boolean"):
        return f"mart.{pair.mart}::{pair.kind}"
    return f"nullif(mart.{pair.mart}::varchar, '')"


def equal(left: str, right: str) -> str:
    """Whether two values are the same, two empty ones included."""
    return f"equal_null({left}, {right})"


def near(pair: Pair, left: str, right: str) -> str:
    """Whether two numbers are as close as the plan allows; false for anything else."""
    if pair.kind != "number" or not (pair.absolute or pair.relative):
        return "false"
    tests = []
    if pair.absolute:
        tests.append(f"abs({left} - {right}) <= {_plain(pair.absolute)}")
    if pair.relative:
        tests.append(f"abs({left} - {right})::double <= {_plain(pair.relative)} * abs({right})::double")
    return f"coalesce({' or '.join(tests)}, false)"


def fits_near(pair: Pair, left: str, right: str) -> str:
    """Near enough, and not equal."""
    close = near(pair, left, right)
    return close if close == "false" else f"({close} and not {equal(left, right)})"


def agree(pair: Pair, left: str, right: str) -> str:
    """Equal, or near enough."""
    close = near(pair, left, right)
    return equal(left, right) if close == "false" else f"({equal(left, right)} or {close})"


def empty(pair: Pair, value: str) -> str:
    """Whether a value is what people write for nothing: null, zero, false or an empty text."""
    nothing = {"number": "0", "boolean": "false", "text": "''"}.get(pair.kind)
    return f"({value} is null)" if nothing is None else f"({value} is null or {value} = {nothing})"


def folded(text: str) -> str:
    """A text without case, accents and spaces."""
    letters = [(chr(code), unicodedata.normalize("NFD", chr(code).lower())[0]) for code in LATIN]
    accented = [(letter, plain) for letter, plain in letters if plain.isascii() and plain.isalpha()]
    before = "".join(letter for letter, _ in accented)
    after = "".join(plain for _, plain in accented)
    # Most texts are plain, and going through hundreds of letters for each costs more than to look.
    return (
        f"case when regexp_like({text}, '[!-~ ]*') then replace(lower({text}), ' ', '') "
        f"else translate(lower({text}), {literal(before + SPACES + COMBINING)}, {literal(after)}) end"
    )


def shown(text: str) -> str:
    """A legacy text as a report may show it."""
    tests = " or ".join(f"regexp_like({text}, {literal(pattern)})" for pattern in PERSONAL)
    return f"case when {tests} then {HIDDEN} else {text} end"


def _plain(number: Decimal) -> str:
    return format(number, "f")
