"""Contender: the floor of reading changes. The source itself decodes them and counts; nothing leaves it.

DSN=... python -m tests.benchmarks.count_at_server SLOT PUBLICATION
"""

from __future__ import annotations

import os
import sys

import psycopg

from tests.benchmarks.contender import Stopwatch

COUNT = """
select count(*)
from pg_logical_slot_peek_binary_changes(%s, null, null, 'proto_version', '1', 'publication_names', %s)
"""


def main(slot: str, publication: str) -> None:
    watch = Stopwatch()
    with psycopg.connect(os.environ["DSN"], autocommit=True) as connection, watch.part("count"):
        (messages,) = connection.execute(COUNT, [slot, publication]).fetchall()[0]
    watch.report(messages)


if __name__ == "__main__":
    main(*sys.argv[1:])
