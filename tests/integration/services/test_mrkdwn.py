"""Slack's marks as HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.sandbox.services.slack.mrkdwn import mrkdwn


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~gone~", "<strong>bold</strong> <em>it</em> <s>gone</s>"),
        ("*bold _and it_*", "<strong>bold <em>and it</em></strong>"),
        ("a * b * c, snake_case_name, 2*3*4", "a * b * c, snake_case_name, 2*3*4"),
        ("`*not bold*`", "<code>*not bold*</code>"),
        ("```\nif a < b:\n  *x*\n```", "<pre>if a &lt; b:\n  *x*</pre>"),
        ("one\n```two```\nthree", "one<pre>two</pre>three"),
        ("&gt; quoted\n&gt; twice\nnot", "<blockquote>quoted<br>twice</blockquote>not"),
        ("> quoted *bold*", "<blockquote>quoted <strong>bold</strong></blockquote>"),
        ("one\ntwo", "one<br>two"),
        ("a &amp; b &lt;c&gt; & d", "a &amp; b &lt;c&gt; &amp; d"),
        (":warning: at 10:43:12 :nosuch:", "⚠️ at 10:43:12 :nosuch:"),
        ("<#C1|kyc>", '<span class="mention">#kyc</span>'),
        ("<@U1> <!here>", '<span class="mention">@U1</span> <span class="mention">@here</span>'),
        ("<!date^1763472600^due {date_num} {time}|x>", "<time>due 2025-11-18 08:30</time>"),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
    ],
)
def test_marks(text: str, html: str) -> None:
    assert str(mrkdwn(text)) == html


def test_a_link_has_its_label_or_its_url() -> None:
    assert '<a href="https://a.example/?x=1&amp;y=2"' in mrkdwn("<https://a.example/?x=1&amp;y=2|run>")
    assert ">run</a>" in mrkdwn("<https://a.example/|run>")
    assert ">https://a.example/</a>" in mrkdwn("<https://a.example/>")


@given(st.text(alphabet="<>&*_~`|\"'\n\x00>ab:/ 0#@!", max_size=60))
def test_no_text_makes_a_tag_of_its_own(text: str) -> None:
    html = str(mrkdwn(text))
    known = ("strong", "em", "s", "code", "pre", "blockquote", "br", "a ", "span ", "time")
    for piece in html.split("<")[1:]:
        assert piece.lstrip("/").startswith(known)
    assert "\x00" not in html
