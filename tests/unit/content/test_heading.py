"""What of a question stands in a heading, and what below it."""

import pytest

from app.content.heading import parted


@pytest.mark.parametrize(
    ("html", "heading", "rest"),
    [
        ("What is <code>x</code>?", "What is <code>x</code>?", ""),
        ("<p>What prints this?</p>\n<pre>1</pre>\n", "What prints this?", "<pre>1</pre>"),
        ("<pre>1</pre><p>What is it?</p>", "", "<pre>1</pre><p>What is it?</p>"),
        ("", "", ""),
    ],
)
def test_a_heading_holds_no_blocks(html: str, heading: str, rest: str) -> None:
    assert parted(html) == (heading, rest)
