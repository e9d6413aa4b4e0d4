"""What a deployment may set about landing, in its environment."""

from __future__ import annotations

import os

FILE_MIB = "GOVERNED_ANALYTICS_FILE_MIB"
"""How many MiB of rows as text go into one file; by default 640.

Snowflake loads files of 100 to 250 MB, compressed, best: one thread takes one file, smaller ones waste its
start and larger ones leave others idle (https://docs.snowflake.com/en/user-guide/data-load-considerations-prepare).
Bank tables compress about five times, so 640 MiB of text make about 130 MB. Text is what is measured, because
where a file ends must not depend on a compressor: the same rows have to give the same files and hashes.
"""

KEEP_DAYS = "GOVERNED_ANALYTICS_KEEP_LANDED_DAYS"
"""How many days the landed files of a source of changes stay on its stage; by default 35.

A stream has no past: once bronze has confirmed it, these files are the only other copy. A month and a few
days covers a month's close. 0 keeps none.
"""


def file_bytes() -> int:
    """Bytes of text per file. Raises ValueError where the setting makes no sense."""
    return _whole_number(FILE_MIB, default=640, least=1) * 2**20


def keep_days() -> int:
    """Days that landed files are kept. Raises ValueError where the setting makes no sense."""
    return _whole_number(KEEP_DAYS, default=35, least=0)


def _whole_number(name: str, *, default: int, least: int) -> int:
    given = os.environ.get(name, "").strip()
    if not given:
        return default
    if not given.isdecimal() or int(given) < least:
        raise ValueError(f"{name} is {given!r}; set it to a whole number from {least} up, or leave it out")
    return int(given)
