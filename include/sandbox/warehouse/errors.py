"""Snowflake's errors: number, SQLSTATE and words, as drivers and dbt expect them.

Numbers and texts are those the service itself answers with; the ones a client branches on are listed at
https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-api#label-python-connector-api-errors
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import duckdb

# SQL that must fail while it runs calls DuckDB's error() with this prefix, so its number is kept.
RAISED = "SNOWFLAKE|"


class SnowflakeError(Exception):
    """An answer the client shows to its user: `message` with Snowflake's error number and SQLSTATE."""

    def __init__(self, message: str, errno: int, sqlstate: str) -> None:
        super().__init__(message)
        self.message = message
        self.errno = errno
        self.sqlstate = sqlstate


class WriteConflictError(SnowflakeError):
    """Another transaction holds what this statement wants to change; Snowflake would wait for it."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"Statement is waiting on a lock that another transaction holds and has been aborted: {detail}",
            625,
            "57014",
        )


def raising_sql(message: str, errno: int, sqlstate: str) -> str:
    """A DuckDB expression that fails with this error when it is evaluated."""
    text = f"{RAISED}{errno}|{sqlstate}|{message}".replace("'", "''")
    return f"error('{text}')"


def syntax_error(detail: str) -> SnowflakeError:
    return SnowflakeError(f"SQL compilation error:\n{detail}", 1003, "42000")


def unsupported(feature: str) -> SnowflakeError:
    return SnowflakeError(f"SQL compilation error:\nUnsupported feature '{feature}'.", 2, "0A000")


def missing(kind: str, name: str) -> SnowflakeError:
    return SnowflakeError(
        f"SQL compilation error:\n{kind} '{name}' does not exist or not authorized.", 2003, "02000"
    )


def missing_relation(name: str) -> SnowflakeError:
    return SnowflakeError(
        f"SQL compilation error:\nObject '{name}' does not exist or not authorized.", 2003, "42S02"
    )


def insufficient(kind: str, name: str) -> SnowflakeError:
    """The role knows the object, and lacks the privilege."""
    return SnowflakeError(
        f"SQL access control error:\nInsufficient privileges to operate on {kind.lower()} '{name}'.",
        3001,
        "42501",
    )


def role_not_assigned(role: str) -> SnowflakeError:
    return SnowflakeError(
        f"Requested role '{role}' is not assigned to the executing user. Specify another role to activate.",
        3013,
        "42501",
    )


def cannot_use(name: str) -> SnowflakeError:
    return SnowflakeError(
        f"SQL compilation error:\nObject '{name}' does not exist, or operation cannot be performed.",
        2043,
        "02000",
    )


def already_exists(name: str) -> SnowflakeError:
    return SnowflakeError(f"SQL compilation error:\nObject '{name}' already exists.", 2002, "42710")


def no_current_database() -> SnowflakeError:
    return SnowflakeError(
        "Cannot perform operation. This session does not have a current database. Call 'USE DATABASE', or "
        "use a qualified name.",
        90105,
        "22000",
    )


def no_current_schema() -> SnowflakeError:
    return SnowflakeError(
        "Cannot perform operation. This session does not have a current schema. Call 'USE SCHEMA', or use a "
        "qualified name.",
        90106,
        "22000",
    )


def invalid_identifier(name: str) -> SnowflakeError:
    return SnowflakeError(f"SQL compilation error:\ninvalid identifier '{name}'", 904, "42000")


def internal(detail: str) -> SnowflakeError:
    return SnowflakeError(f"SQL execution internal error:\n{detail}", 603, "XX000")


@dataclass(frozen=True)
class _Rule:
    """What DuckDB says -> what Snowflake says; `{1}` in the message is the pattern's first group."""

    pattern: str
    message: str
    errno: int
    sqlstate: str
    while_compiling: bool = True

    def answer(self, match: re.Match[str]) -> SnowflakeError:
        words = self.message.format(match.group(0), *match.groups())
        prefix = "SQL compilation error:\n" if self.while_compiling else ""
        return SnowflakeError(prefix + words, self.errno, self.sqlstate)


def _running(pattern: str, message: str, errno: int, sqlstate: str) -> _Rule:
    return _Rule(pattern, message, errno, sqlstate, while_compiling=False)


# The first pattern that matches wins.
_RULES = (
    _running("Interrupted!", "SQL execution canceled", 604, "57014"),
    _running(
        "Current transaction is aborted",
        "An earlier statement of this transaction failed, and the sandbox cannot undo one statement alone. "
        "Run ROLLBACK and start again.",
        90232,
        "25000",
    ),
    _Rule(
        "can only write to a single attached database",
        "Unsupported feature 'transaction over databases'.",
        2,
        "0A000",
    ),
    _Rule(
        r'(?:Referenced|Values list) .*?column (?:named )?"([^"]+)"', "invalid identifier '{1}'", 904, "42000"
    ),
    _Rule(r'does not have a column (?:named|with name) "([^"]+)"', "invalid identifier '{1}'", 904, "42000"),
    _Rule(r'Referenced table "([^"]+)" not found', "invalid identifier '{1}'", 904, "42000"),
    _Rule(r'Ambiguous reference to column name "([^"]+)"', "ambiguous column name '{1}'", 1052, "42601"),
    _Rule(
        r'column "([^"]+)" must appear in the GROUP BY',
        "'{1}' in select clause is neither an aggregate nor in the group by clause.",
        979,
        "42601",
    ),
    _Rule(r"Function with name (\S+) does not exist", "Unknown function {1}.", 2140, "42601"),
    _Rule(
        r"Schema with name (\S+) does not exist",
        "Schema '{1}' does not exist or not authorized.",
        2003,
        "02000",
    ),
    _Rule(
        r'(?:Table|View|Schema|Macro) with name "?([^"\s]+)"? already exists',
        "Object '{1}' already exists.",
        2002,
        "42710",
    ),
    _Rule(
        r"Existing object .* is of type View, trying to (?:drop|replace with) type Table",
        "Object found is of type 'VIEW', not specified type 'TABLE'.",
        2203,
        "02000",
    ),
    _Rule(
        r"Existing object .* is of type Table, trying to (?:drop|replace with) type View",
        "Object found is of type 'TABLE', not specified type 'VIEW'.",
        2203,
        "02000",
    ),
    _Rule(
        r"(?:Table|View) with name (\S+) does not exist",
        "Object '{1}' does not exist or not authorized.",
        2003,
        "42S02",
    ),
    _Rule(
        r"has (\d+) columns but (\d+) values were supplied",
        "Insert value list does not match column list expecting {1} but got {2}",
        2057,
        "42601",
    ),
    _Rule(
        "Set operations can only apply to expressions with the same number",
        "invalid number of result columns for set operator input branches",
        2067,
        "42601",
    ),
    _running("NOT NULL constraint failed", "NULL result in a non-nullable column", 100072, "22000"),
    _running("CHECK constraint failed", "String is too long and would be truncated", 100078, "22000"),
    _running("Malformed JSON.*", "Error parsing JSON: {0}", 100069, "22P02"),
    _running(
        r'date field (?:format|value out of range): "(.*?)"', "Date '{1}' is not recognized", 100040, "22007"
    ),
    _running(
        r'time(?:stamp)? field (?:format|value out of range): "(.*?)"',
        "Timestamp '{1}' is not recognized",
        100035,
        "22007",
    ),
    _running(
        r"Could not convert string '(.*?)' to BOOL", "Boolean value '{1}' is not recognized", 100037, "22018"
    ),
    _running(
        r"Could not convert string [\"'](.*?)[\"'] to ",
        "Numeric value '{1}' is not recognized",
        100038,
        "22018",
    ),
    _running(
        r"with value (\S+) can't be cast because the value is out of range",
        "Numeric value '{1}' is out of range",
        100039,
        "22003",
    ),
    _running(
        r"Could not cast value (\S+) to DECIMAL", "Numeric value '{1}' is out of range", 100039, "22003"
    ),
    _running("Overflow in ", "Number out of representable range", 100046, "22003"),
    _running(
        "More than one row returned by a subquery",
        "Single-row subquery returns more than one row.",
        90150,
        "22000",
    ),
)
_CONFLICT = re.compile(
    "write-write conflict|[Cc]onflict on (?:tuple|update)|has been altered|altered by another"
)


def from_duckdb(error: duckdb.Error) -> SnowflakeError:
    """Snowflake's words for a failure that DuckDB reported."""
    first = str(error).split("\n")[0]
    detail = first.partition("Error: ")[2] or first
    if RAISED in detail:
        errno, sqlstate, message = detail.partition(RAISED)[2].split("|", 2)
        return SnowflakeError(message, int(errno), sqlstate)
    for rule in _RULES:
        if match := re.search(rule.pattern, first):
            return rule.answer(match)
    if isinstance(error, duckdb.TransactionException) or _CONFLICT.search(str(error)):
        return WriteConflictError(detail)
    return _by_kind(error, detail)


def _by_kind(error: duckdb.Error, detail: str) -> SnowflakeError:
    if isinstance(error, duckdb.NotImplementedException):
        return unsupported(detail)
    if isinstance(error, duckdb.ParserException | duckdb.BinderException | duckdb.CatalogException):
        return syntax_error(detail)
    if isinstance(error, duckdb.InternalException | duckdb.FatalException | duckdb.OutOfMemoryException):
        return internal(detail)
    return SnowflakeError(detail, 100183, "22000")
