"""A report as text for a terminal, as Markdown, and as one HTML file that needs nothing beside it."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import TextIO

from include.governance.reconcile.compare import Difference
from include.governance.reconcile.plan import Plan
from include.governance.reconcile.report import ADVICE, Section

CELL_WIDTH = 60

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; max-width: 76rem; margin: 2rem auto;
  padding: 0 1.5rem }
h1 { font-size: 1.35rem } h2 { font-size: 1.05rem; margin: 2rem 0 .3rem }
p { color: #566; margin: .2rem 0 .6rem; max-width: 60rem }
.verdict { display: inline-block; padding: .4rem .8rem; border-radius: .4rem; color: #fff; font-weight: 600 }
.agree { background: #1a7f4b } .differ { background: #b3372f }
.wide { overflow-x: auto }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid #e3e6ea }
th { font-weight: 600; color: #566 } .n { text-align: right; padding-left: .8rem }
@media (prefers-color-scheme: dark) {
  body { background: #14181e; color: #dde3ea } p, th { color: #9aa7b5 } th, td { border-color: #2b323c }
}
@media print { .wide { overflow: visible } }
"""


def as_text(headline: str, sections: Iterable[Section]) -> Iterator[str]:
    """Lines for a terminal; what a person reads last stands last."""
    for section in sections:
        if section.title == ADVICE:
            continue
        yield section.title.upper()
        cells = [[_short(cell) for cell in row] for row in (section.header, *section.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            yield (
                "  "
                + "  ".join(
                    cell.rjust(width) if place in section.numbers else cell.ljust(width)
                    for place, (cell, width) in enumerate(zip(row, widths, strict=True))
                ).rstrip()
            )
            if not number:
                yield "  " + "  ".join("-" * width for width in widths)
        yield ""
    yield headline


def as_markdown(title: str, headline: str, sections: Iterable[Section]) -> Iterator[str]:
    """Lines of a Markdown page."""
    yield from (f"# {title}", "", f"**{_pipes(headline)}**")
    for section in sections:
        yield from ("", f"## {section.title}", "")
        if section.note:
            yield from (section.note, "")
        yield f"| {' | '.join(map(_pipes, section.header))} |"
        yield (
            "|" + "|".join("--:" if n in section.numbers else "---" for n in range(len(section.header))) + "|"
        )
        for row in section.rows:
            yield f"| {' | '.join(map(_pipes, row))} |"


def as_html(title: str, headline: str, sections: Iterable[Section], *, agree: bool) -> Iterator[str]:
    """Lines of an HTML page."""
    yield "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
    yield f"<title>{escape(title)}</title><style>{STYLE}</style>"
    yield f"<h1>{escape(title)}</h1>"
    yield f"<div class='verdict {'agree' if agree else 'differ'}'>{escape(headline)}</div>"
    for section in sections:
        yield f"<h2>{escape(section.title)}</h2>"
        if section.note:
            yield f"<p>{escape(section.note)}</p>"
        yield "<div class=wide><table><tr>" + _cells(section, section.header, "th") + "</tr>"
        for row in section.rows:
            yield f"<tr>{_cells(section, row, 'td')}</tr>"
        yield "</table></div>"
    yield "</html>"


def write_csv(plan: Plan, differences: Iterable[Difference], out: TextIO) -> None:
    """Every difference, explained ones included, a line each."""
    writer = csv.writer(out)
    keys = [pair.legacy for pair in plan.keys]
    writer.writerow(["day", *keys, "column", "cause", "extract", "mart", "explained"])
    for one in differences:
        reason = "" if one.ignored_by is None else plan.ignored[one.ignored_by].reason
        texts = (*one.key, one.column, one.cause, one.legacy, one.mart, reason)
        writer.writerow([one.day, *map(_no_formula, texts)])


def _no_formula(text: str | None) -> str | None:
    """A spreadsheet runs what begins like a formula; a number may begin with a sign."""
    if text and text[0] in "=+-@\t\r" and not text[1:].replace(".", "").replace(",", "").isdigit():
        return f"'{text}"
    return text


def _cells(section: Section, row: Sequence[str], tag: str) -> str:
    return "".join(
        f"<{tag}{' class=n' if place in section.numbers else ''}>{escape(cell)}</{tag}>"
        for place, cell in enumerate(row)
    )


def _pipes(text: str) -> str:
    return " ".join(text.replace("\\", "\\\\").replace("|", "\\|").split())


def _short(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= CELL_WIDTH else line[: CELL_WIDTH - 1] + "…"
