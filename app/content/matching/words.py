"""Markdown as the words that are compared: what formatting changes is left out, what tells cards apart is kept."""

import html
import re
import unicodedata

_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE_LINE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_CODE_SPAN = re.compile(r"<code>(?P<html>.*?)</code>|(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>")
_IMAGE = re.compile(r"!\[(?P<alt>[^\[\]]*)\]\(\s*<?(?P<target>[^()\s>]*)[^()]*\)")
_LINK = re.compile(r"\[(?P<label>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:[^()]|\([^()]*\))*\)")
_LINE_MARK = re.compile(r"^[ \t>]*(?:#{1,6}[ \t]+|(?:[-*+]|\d{1,9}[.)])[ \t]+)", re.MULTILINE)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_MARKUP = re.compile(r"\*+|~~|(?<!\w)_+|_+(?!\w)|`+")
_WORD = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+|_+|[^\w\s]+")
_PUNCTUATION = re.compile(r"[.,;:!?…·“”„‘’'\"«»()\[\]¿¡。，、；：！？（）「」*|-–—-]+")
_STRAIGHT = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\u00a0": " ", "–": "-", "—": "-", "\u200d": None, "\ufe0f": None})

FUNCTION_WORDS = frozenset(
    ["a", "an", "and", "any", "are", "as", "at", "be", "between", "by", "can", "could", "describe", "did", "do", "does", "each", "explain", "for", "from", "give", "has", "have", "how", "i", "if", "in", "is", "it", "its", "list", "me", "mean", "means", "my", "of", "on", "or", "please", "s", "should", "some", "t", "tell", "that", "the", "their", "them", "there", "these", "they", "this", "those", "to", "us", "used", "using", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your", "difference", "differences", "different", "use", "name", "does", "explain", "re", "ll", "ve", "about", "into", "so", "than", "then"]
)
"""English words that ask, join or refer; where they change, the question stays the same. Other languages go by frequency."""
FUNCTION_WEIGHT = 0.15


def tidy(text: str) -> str:
    """Markdown in the form in which it is first compared: white space and equivalent characters do not count."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def words_of(markdown: str) -> tuple[str, ...]:
    """The words of `markdown`: no markup, numbering, link targets, quotes or case; signs count only where they are code.

    Inside code every sign is a word, so that `==` and `===` stay two things; elsewhere only signs that are no punctuation.
    """
    if not markdown:
        return ()
    text = unicodedata.normalize("NFC", html.unescape(markdown)).translate(_STRAIGHT)
    found: list[str] = []
    at = 0
    text = _FENCE_LINE.sub("", text)
    for match in _CODE_SPAN.finditer(text):
        _add_prose(text[at : match.start()], found)
        found.extend(_WORD.findall((match.group("html") or match.group("code") or "").casefold()))
        at = match.end()
    _add_prose(text[at:], found)
    return tuple(found)


def _add_prose(text: str, found: list[str]) -> None:
    if "<" in text:
        text = _TAG.sub(" ", _COMMENT.sub(" ", text))
    if "](" in text:
        text = _LINK.sub(r"\g<label>", _IMAGE.sub(r"\g<alt> \g<target>", text))
    text = _MARKUP.sub(" ", _ESCAPE.sub(r"\1", _LINE_MARK.sub("", text)))
    for word in _WORD.findall(text.casefold()):
        if word[0].isalnum() or not (_PUNCTUATION.fullmatch(word) or word[0] == "_"):
            found.append(word)
