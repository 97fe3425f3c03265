"""What a question's title says: its clean part, its number, its tags, and how much it reads like a question."""

import re
import string
from dataclasses import dataclass
from functools import lru_cache

from app.content.parsing.wording import likeness

_HTML_TAG = re.compile(r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:[^()]|\([^()]*\))*\)")
_IMAGE = re.compile(r"\[!\[[^\[\]]*\]\([^()\s]*\)\]\([^()\s]*\)|!\[[^\[\]]*\]\([^()\s]*\)")
_EMPHASIS = re.compile(r"\*+|(?<!\w)_+|_+(?!\w)|`+")
_SHORTCODE = re.compile(r":[a-z][a-z0-9_+-]*:")

MAX_EDGE = 400
"""How many characters at each end of a title are looked at for numbers, emoji, levels and links."""

# Prefix and suffix of a title that are not part of the question. Applied again and again until nothing changes.
_SIGN = r"\\?[.:：)\]、|\-–—]+"
_NUMBER = re.compile(
    r"(?P<bold>\*\*|__)?[(\[]?"
    r"(?:(?:Questions?|Ques|Que|Q|No\.?|Exercise|Problem|Frage|Pregunta|Pergunta|Вопрос|问题|第)\s*[.#№-]?\s*"
    r"(?P<qnum>\d{1,4}(?:\.\d{1,3})*)?[a-z]?(?:\s*(?:of|/)\s*\d+)?\s*[题題问問]?\s*"
    rf"(?:(?P<qsign>{_SIGN})\s*|(?<=\d)(?:\s+|$)|(?(bold)(?=\*\*|__)|(?!)))|"
    r"[#№]?\s*[(\[]?(?P<num>\d{1,4})(?:\.\d{1,3})*[a-z]?\s*"
    rf"(?:(?P<sign>{_SIGN})(?=\s|[^\W\d]|[*_`\"'“‘(\[<¿]|$)|(?(bold)(?=\*\*|__)|(?<![a-z])(?=\s+(?-i:[A-Z]))))\s*|"
    r"(?P<keycap>(?:\d\ufe0f?\u20e3)+|\U0001f51f)\s*[.:)-]*\s*|"
    r"[(\[]?(?P<letter>[a-zA-Z])[.)\]]\s+)"
    r"(?(bold)(?:\s*(?P=bold)\s*[.:)]?\s*))",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"^(?:\s+|#{1,6}\s+|\*{1,3}(?=\S)|_{1,3}(?=\S)|<(?:b|strong|i|em|u|h[1-6]|p|span|big|font|summary|center)\b[^<>]*>|<a\b[^<>]*>\s*</a>|<br\s*/?>|\\(?=[*\d]))"
)
_CLOSING = re.compile(
    r"(?:\s+|</(?:b|strong|i|em|u|h[1-6]|p|span|big|font|center)>|<br\s*/?>|<a\b[^<>]*>\s*</a>|\s#+|\\|<!--(?:(?!-->).)*-->|"
    r"\s*(?:\\?\*){3}|\{#[\w-]+\})$"
)
_ANCHOR_LINK = re.compile(
    r"\s*\[+(?:src|source|ref|link|answer)\d*\]*\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)\]*$|"
    r"\s*\[(?:[^\[\]\w]|top|src|toc)*\]\((?:[^()\s]*)\)$|"
    r"^\[+[^\[\]\w]*\]+\(#[^()\s]*\)+\s*",
    re.IGNORECASE,
)

_EMOJI_CLASS = (
    "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u23e9-\u23ff\u2934\u2935\u3030\u303d\u200d\ufe0e\ufe0f"
    "\U000e0020-\U000e007f\u2022\u25a0-\u25ff"
)
_EDGE_EMOJI = re.compile(
    rf"^(?:[{_EMOJI_CLASS}]|{_SHORTCODE.pattern})+\s*|\s*(?:[{_EMOJI_CLASS}]|{_SHORTCODE.pattern})+$"
)
_LEVEL_WORD = r"easy|medium|hard|beginner|intermediate|advanced|expert|basic|junior|mid|middle|senior|novice|simple|difficult|tricky"
_EDGE_LEVEL = re.compile(
    rf"\s*[\[({{]\s*(?:level\s*:?\s*)?(?P<level>{_LEVEL_WORD})(?:\s+level)?\s*[\])}}]$|"
    rf"^[\[({{]\s*(?P<front>{_LEVEL_WORD})\s*[\])}}]\s*",
    re.IGNORECASE,
)
_EDGE_BADGE = re.compile(r"\s*!\[(?P<alt>[^\[\]]*)\]\([^()\s]*\)$")
_CLOSINGS = tuple(">*\\}#")
_ALPHANUMERICS = frozenset(string.ascii_letters + string.digits)
_PLAIN_STARTS = _ALPHANUMERICS | frozenset("*_`\"'<#\\")
_PLAIN_ENDS = frozenset("?.!`*_\"'>,;")
_HASHTAG = re.compile(r"(?:^|\s)#(?P<tag>[^\W\d][\w/-]*)\s*$")


@dataclass(frozen=True, slots=True)
class Title:
    """A title taken apart. `start` and `end` are the clean part within the raw text."""

    start: int
    end: int
    number: int | None
    form: str
    tags: tuple[str, ...]


_EMOJI_TAGS = {
    "👶": "easy",
    "🚀": "expert",
    "🟢": "easy",
    "🟡": "medium",
    "🟠": "medium",
    "🔴": "hard",
    "🌶": "hard",
    "🔥": "hot",
    "💡": "",
    "❓": "",
    "❔": "",
    "✅": "",
    "👉": "",
    "📌": "",
}


@lru_cache(maxsize=16_384)
def plain(markdown: str) -> str:
    """`markdown` without markup, on one line: for comparing and judging, not for showing."""
    text = markdown
    if "<" in text:
        text = _HTML_TAG.sub(" ", _COMMENT.sub(" ", text))
    if "](" in text:
        text = _LINK.sub(r"\1", text)
        if "](" in text:
            text = _LINK.sub(r"\1", text)
    if "*" in text or "_" in text or "`" in text:
        text = _EMPHASIS.sub("", text)
    return " ".join(text.split())


def without_images(markdown: str) -> str:
    """`markdown` without images, linked or not: badges are no words."""
    return _IMAGE.sub("", markdown) if "![" in markdown else markdown


def clean_title(raw: str, *, numbered: bool = True) -> Title:
    """The clean part of `raw`: markup around it, numbering, emoji, levels and anchors cut off both ends.

    Without `numbered` a number or letter at the start stays. `form` is "question" (a word like Q or Question),
    "number", "letter" or "plain".
    """
    start, end = 0, len(raw)
    number: int | None = None
    form = "plain"
    tags: list[str] = []
    changed = True
    while changed and start < end:
        before = (start, end)
        start, end = _strip_edges(raw, start, end, tags)
        match = _NUMBER.match(raw, start, end) if numbered and form == "plain" else None
        if match is not None and _is_numbering(match, raw[match.end() : end]):
            form, number = _form(match)
            start = match.end()
        start, end = _unwrap(raw, start, end)
        changed = (start, end) != before
    return Title(start, end, number, form, tuple(dict.fromkeys(tags)))


def tags_in(text: str) -> tuple[str, ...]:
    """The tags that a plain text gives: its words, or what its emoji mean where it has none."""
    if not any(map(str.isalnum, text)) and text:
        return tuple(_emoji_tags(text))
    title = clean_title(text, numbered=False)
    name = text[title.start : title.end].strip().lower()
    return (name,) if name else title.tags


def _is_numbering(match: re.Match[str], rest: str) -> bool:
    """Whether a number at the start counts the titles: one without a sign behind it ("1 What …") only before a question."""
    if match.group("num") is None or match.group("sign") or match.group("bold"):
        return True
    return likeness(plain(rest[:MAX_EDGE])) > 0.5


def _form(match: re.Match[str]) -> tuple[str, int | None]:
    if match.group("keycap"):
        digits = "".join(filter(str.isdecimal, match.group("keycap")))
        return "number", int(digits) if digits else 10
    if match.group("num"):
        return "number", int(match.group("num"))
    if match.group("letter"):
        return "letter", ord(match.group("letter").lower()) - 96
    digits = match.group("qnum")
    return "question", int(digits.split(".")[0]) if digits else None


def _strip_edges(raw: str, start: int, end: int, tags: list[str]) -> tuple[int, int]:
    far = max(start, end - MAX_EDGE)
    last = raw[end - 1]
    if raw[start] in _PLAIN_STARTS and (last in _PLAIN_ENDS or (last in _ALPHANUMERICS and "#" not in raw[far:end])):
        return start, end
    for pattern in (_EDGE_EMOJI, _EDGE_LEVEL, _EDGE_BADGE, _HASHTAG, _ANCHOR_LINK):
        match = pattern.match(raw, start, min(end, start + MAX_EDGE)) or pattern.search(raw, far, end)
        if match is None or not match.group(0) or match.end() - match.start() == end - start:
            continue
        if pattern is _EDGE_EMOJI:
            tags.extend(_emoji_tags(match.group(0)))
        elif pattern is not _ANCHOR_LINK:
            name = next((value for value in match.groupdict().values() if value), "")
            tags.extend([name.strip().lower()] if name.strip() else [])
        return (match.end(), end) if match.start() == start else (start, match.start())
    return start, end


def _emoji_tags(text: str) -> list[str]:
    shortcodes = [code.strip(":") for code in _SHORTCODE.findall(text)]
    symbols = _SHORTCODE.sub("", text).replace("\u200d", "").replace("\ufe0f", "").replace("\ufe0e", "")
    stars = symbols.count("⭐") + symbols.count("★") + shortcodes.count("star")
    found = []
    if stars:
        found.append(f"{stars} stars" if stars > 1 else "1 star")
        symbols = symbols.replace("⭐", "").replace("★", "").replace("☆", "")
    for symbol in symbols:
        tag = _EMOJI_TAGS.get(symbol, symbol if ord(symbol) > 0x1F000 else "")
        if tag and not symbol.isspace():
            found.append(tag)
    return found


_PAIRS = (("**", "**"), ("__", "__"), ("*", "*"), ("_", "_"))


def _unwrap(raw: str, start: int, end: int) -> tuple[int, int]:
    """Cut white space, closing markup, and emphasis that opens or closes nothing else."""
    while start < end and raw[start].isspace():
        start += 1
    while start < end and raw[end - 1].isspace():
        end -= 1
    match = _OPENING.match(raw[start:end]) if raw[start : start + 1] in ("<", "\\", "#") else None
    if match is not None and not _closes_inside(raw[start:end], match.group(0)):
        start += match.end()
    match = _CLOSING.search(raw, max(start, end - MAX_EDGE), end) if raw[end - 1 : end] in _CLOSINGS else None
    if match is not None and match.start() > start and not _opened_inside(raw[start:end], match.group(0)):
        end = match.start()
    return _unwrap_emphasis(raw, start, end)


def _unwrap_emphasis(raw: str, start: int, end: int) -> tuple[int, int]:
    part = raw[start:end]
    for opening, closing in _PAIRS:
        count = part.count(opening)
        if opening in ("*", "_"):
            count -= 2 * part.count(opening * 2)
        opens, closes = part.startswith(opening), part.endswith(closing)
        if opens and closes and count == 2 and len(part) > 2 * len(opening):
            return start + len(opening), end - len(closing)
        if count % 2 and opens and not part[len(opening) : len(opening) + 1].isspace():
            return start + len(opening), end
        if count % 2 and closes and len(opening) == 2:
            return start, end - len(closing)
    return start, end


def _closes_inside(part: str, tag: str) -> bool:
    """Whether the element `tag` opens ends before the last of `part`: then it is no wrapper."""
    name = re.match(r"<(\w+)", tag)
    if name is None or "</" in tag:
        return False
    close = part.lower().find(f"</{name.group(1).lower()}>")
    return close >= 0 and bool(part[close:].partition(">")[2].strip())


def _opened_inside(part: str, tag: str) -> bool:
    name = re.match(r"</(\w+)>", tag)
    if name is None:
        return False
    lowered = part.lower()
    return bool(re.search(rf"<{name.group(1).lower()}\b", lowered[1:]))
