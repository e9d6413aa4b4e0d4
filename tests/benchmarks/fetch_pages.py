"""Contender: the floor of reading an API. Every page is fetched and parsed; nothing is kept.

python -m tests.benchmarks.fetch_pages URL
"""

from __future__ import annotations

import sys

import httpx

from tests.benchmarks.contender import Stopwatch


def main(url: str) -> None:
    watch = Stopwatch()
    records, following = 0, f"{url}/v3/applicants?per_page=200"
    with httpx.Client() as client, watch.part("fetch and parse"):
        while following:
            answer = client.get(following)
            records += len(answer.json()["applicants"])
            following = answer.links.get("next", {}).get("url", "")
    watch.report(records)


if __name__ == "__main__":
    main(*sys.argv[1:])
