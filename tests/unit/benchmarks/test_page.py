"""docs/BENCHMARKS.md is what the kept results say, and nothing was typed into it."""

from __future__ import annotations

from tests.benchmarks.__main__ import PAGE, page


def test_the_page_is_made_of_the_kept_results() -> None:
    assert PAGE.read_text() == page()
