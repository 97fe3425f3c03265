"""What of a question's HTML can stand in a heading. Pure."""

import re

_BLOCK = re.compile(r"<(?:p|pre|ul|ol|table|div|h\d|blockquote|hr|dl|figure|details)\b")
_PARAGRAPH = re.compile(r"\s*<p>(.*?)</p>", re.DOTALL)


def parted(question_html: str) -> tuple[str, str]:
    """A question's HTML as what can be its heading (phrasing only; may be empty), and what stands below it."""
    if not _BLOCK.search(question_html):
        return question_html, ""
    first = _PARAGRAPH.match(question_html)
    return (first[1], question_html[first.end() :].strip()) if first else ("", question_html)
