"""Markdown as the words that are compared: what formatting changes is left out, what tells cards apart is kept."""

import html
import re
import unicodedata

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_CODE = re.compile(
    r"^[ \t>]*(?P<fence>`{3,}|~{3,})[^\n`]*\n(?P<block>.*?)(?:^[ \t>]*(?P=fence)[ \t]*$|\Z)|"
    r"<code>(?P<html>.*?)</code>|(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)",
    re.DOTALL | re.MULTILINE,
)
_TAG = re.compile(r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>")
_IMAGE = re.compile(r"!\[(?P<alt>[^\[\]]*)\]\(\s*<?(?P<target>[^()\s>]*)[^()]*\)")
_LINK = re.compile(r"\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:[^()]|\([^()]*\))*\)")
_TARGET = re.compile(
    r"(?:\]\(\s*<?|href=[\"']|(?<![\w(\"'<])<?)https?://(?:www\.)?(?P<address>[^\s()<>\"'#]+)", re.IGNORECASE
)
_LINE_MARK = re.compile(r"^[ \t>]*(?:#{1,6}[ \t]+|(?:[-*+]|\d{1,9}[.)])[ \t]+)", re.MULTILINE)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = re.compile(r"\*+|~~|(?<!\w)_+|_+(?!\w)|`+")
_WORD = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|(?:[^\W_]|(?<=\w)_(?=\w))+|_+|[^\w\s]+"
)
_PROSE = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|(?:[^\W_]|(?<=\w)_(?=\w))+|"
    r"[^\w\s.,;:!?…·“”„‘’'\"«»()\[\]¿¡。，、；：！？（）「」*|-]+"
)
_STRAIGHT = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "\u00a0": " ",
        "–": "-",
        "—": "-",
        "\u200d": None,
        "\ufe0f": None,
    }
)

# fmt: off
FUNCTION_WORDS = frozenset((
    "a", "about", "an", "and", "any", "are", "as", "at", "be", "between", "by", "can", "could", "describe", "did",
    "difference", "differences", "different", "do", "does", "each", "explain", "for", "from", "give", "has", "have",
    "how", "i", "if", "in", "into", "is", "it", "its", "list", "ll", "me", "mean", "means", "my", "name", "of",
    "on", "or", "please", "re", "s", "should", "so", "some", "t", "tell", "than", "that", "the", "their", "them",
    "then", "there", "these", "they", "this", "those", "to", "us", "use", "used", "using", "ve", "was", "we",
    "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
))
# fmt: on
"""English words that ask, join or refer; where they change, the question stays the same.

In other languages they are told by being frequent.
"""


def normal(text: str) -> str:
    """Markdown in the form in which it is first compared: white space and equivalent characters do not count."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words_of(markdown: str) -> tuple[str, ...]:
    """The words of `markdown`: no markup, numbering, link targets, quotes or case.

    Inside code every sign is a word, so that `==` and `===` stay two things; elsewhere only signs that are no
    punctuation are.
    """
    if not markdown:
        return ()
    text = unicodedata.normalize("NFC", html.unescape(markdown)).translate(_STRAIGHT)
    found: list[str] = []
    at = 0
    for match in _CODE.finditer(text):
        _add_prose(text[at : match.start()], found)
        code = match.group("block") or match.group("html") or match.group("code") or ""
        found.extend(_WORD.findall(code.casefold()))
        at = match.end()
    _add_prose(text[at:], found)
    return tuple(found)


def targets_of(markdown: str) -> tuple[str, ...]:
    """The addresses `markdown` links to, each as one word, without what changes when a site moves to https."""
    return tuple(match.group("address").rstrip("/.,;").casefold() for match in _TARGET.finditer(markdown))


def _add_prose(text: str, found: list[str]) -> None:
    if "<" in text:
        text = _TAG.sub(" ", _COMMENT.sub(" ", text))
    if "](" in text:
        text = _LINK.sub(r"\g<label>", _IMAGE.sub(r"\g<alt> \g<target>", text))
    text = _MARKUP.sub(" ", _ESCAPE.sub(r"\1", _LINE_MARK.sub("", text)))
    found.extend(_PROSE.findall(text.casefold()))
