"""What a question's title says: its clean part, its number, its tags, and how much it reads like a question."""

import re
from dataclasses import dataclass

_HTML_TAG = re.compile(r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?:[^()]|\([^()]*\))*\)")
_EMPHASIS = re.compile(r"\*+|(?<!\w)_+|_+(?!\w)|`+")
_SHORTCODE = re.compile(r":[a-z][a-z0-9_+-]*:")

# Prefix and suffix of a title that are not part of the question. Applied again and again until nothing changes.
_NUMBER = re.compile(
    r"(?:(?:Questions?|Ques|Que|Q|Exercise|Problem|Frage|Pregunta|Pergunta|Вопрос|问题)\s*[.#№-]?\s*"
    r"(?P<qnum>\d{1,4}(?:\.\d{1,3})*)?[a-z]?\s*(?:[.:：)\]、|\-–—]+\s*|(?<=\d)\s+)|"
    r"[#№]?\s*[(\[]?(?P<num>\d{1,4})(?:\.\d{1,3})*[a-z]?\s*(?:[.)\]:：、\-–—]+(?=\s|[^\W\d]|[*_`\"'“‘(\[<¿]|$)|(?=\s+[A-Z]))\s*|"
    r"[(\[]?(?P<letter>[a-zA-Z])[.)\]]\s+)",
    re.IGNORECASE,
)
_BARE_QUESTION = re.compile(r"^(?:Questions?|Q)\s*[.#]?\s*\d*\s*[.:)]?$", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:\s+|\*{1,3}(?=\S)|_{1,3}(?=\S)|<(?:b|strong|i|em|u|h[1-6]|p|span|big|font|summary|center)\b[^<>]*>|<a\b[^<>]*>\s*</a>|<br\s*/?>|\\(?=[*\d]))"
)
_CLOSING = re.compile(
    r"(?:\s+|</(?:b|strong|i|em|u|h[1-6]|p|span|big|font|center)>|<br\s*/?>|<a\b[^<>]*>\s*</a>|\s#+|\\|<!--.*?-->|"
    r"\s*(?:\\?\*){3}|\{#[\w-]+\})$"
)
_ANCHOR_LINK = re.compile(
    r"\s*\[+(?:src|source|ref|link|answer)\d*\]*\([^()\s]*(?:\([^()]*\)[^()\s]*)*\)\]*$|\s*\[(?:[^\[\]\w]|top|src|toc)*\]\((?:[^()\s]*)\)$|^\[[^\[\]\w]*\]\(#[^()\s]*\)\s*",
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
_HASHTAG = re.compile(r"(?:^|\s)#(?P<tag>[^\W\d][\w/-]*)\s*$")

_ASKS = re.compile(
    r"^(?:and |so |then |but |also |now |in |on |for |if |when |given |suppose |consider |at |from |to |with )?(?:\w+ ){0,4}?"
    r"(?:what|why|how|when|where|which|who|whose|whom)(?:['’]?s|['’]re|['’]d)?\b|"
    r"^(?:is|are|was|were|am|do|does|did|can|could|should|shall|would|will|has|have|had|may|must|isn|aren|don|doesn|didn|won)"
    r"(?:['’]?n?t)?\b",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"^(?:please |briefly |try to |in your own words,? )?(?:explain|describe|define|tell|name|list|write|implement|give|compare|"
    r"contrast|differentiate|distinguish|discuss|create|design|find|show|mention|state|identify|illustrate|calculate|compute|"
    r"predict|print|build|convert|reverse|check|count|sort|determine|outline|summari[sz]e|elaborate|provide|enumerate|classify|"
    r"difference|differences|talk about|walk (?:me|us) through|demonstrate|derive|prove|solve|choose|select|fill in|make|say|"
    r"draw|suppose|consider|imagine|assume|you (?:are|have|need)|use cases?|advantages?|disadvantages?|pros and cons|types? of|"
    r"benefits? of|purpose of)\b",
    re.IGNORECASE,
)
_CONTRASTS = re.compile(r"\b(?:vs\.?|versus|difference)\b", re.IGNORECASE)
_ASKS_ELSEWHERE = re.compile(
    r"[?？؟]|¿|什么|如何|怎么|怎样|为什么|为何|区别|哪些|哪个|吗|多少|谈谈|说说|介绍|简述|请|是否|なぜ|とは|どう|何|무엇|어떻게|왜|설명|차이"
)
_ORDERS_ELSEWHERE = re.compile(
    r"^(?:qué|que es|cuál|cómo|por qué|cuándo|explica|describe|qu['’]est|quel|quelle|comment|pourquoi|expliqu|was |wie |warum |"
    r"welche|erkl[äa]r|beschreib|nenne|o que|qual|como|por que|explique|descreva|cosa|come|perch[eé]|quale|spiega|что|как|"
    r"почему|зачем|какие|какой|какая|чем|когда|где|кто|объясни|расскажи|опишите|перечисли|czym|co to|jak|dlaczego|nedir)",
    re.IGNORECASE,
)


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
    "⭐": "medium",
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


def plain(markdown: str) -> str:
    """`markdown` without markup, on one line: for comparing and judging, not for showing."""
    text = markdown
    if "<" in text:
        text = _HTML_TAG.sub(" ", _COMMENT.sub(" ", text))
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    text = _EMPHASIS.sub("", text)
    return " ".join(text.split())


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
        if match is not None:
            form, number = _form(match)
            start = match.end()
        start, end = _unwrap(raw, start, end)
        changed = (start, end) != before
    return Title(start, end, number, form, tuple(dict.fromkeys(tags)))


def _form(match: re.Match[str]) -> tuple[str, int | None]:
    if match.group("num"):
        return "number", int(match.group("num"))
    if match.group("letter"):
        return "letter", ord(match.group("letter").lower()) - 96
    digits = match.group("qnum")
    return "question", int(digits.split(".")[0]) if digits else None


def _strip_edges(raw: str, start: int, end: int, tags: list[str]) -> tuple[int, int]:
    part = raw[start:end]
    for pattern in (_EDGE_EMOJI, _EDGE_LEVEL, _EDGE_BADGE, _HASHTAG, _ANCHOR_LINK):
        match = pattern.search(part)
        if match is None or len(match.group(0)) == len(part):
            continue
        if pattern is _EDGE_EMOJI:
            tags.extend(_emoji_tags(match.group(0)))
        elif pattern is not _ANCHOR_LINK:
            name = next((value for value in match.groupdict().values() if value), "")
            tags.extend([name.strip().lower()] if name.strip() else [])
        if match.start() == 0:
            return start + match.end(), end
        return start, start + match.start()
    return start, end


def _emoji_tags(text: str) -> list[str]:
    shortcodes = [code.strip(":") for code in _SHORTCODE.findall(text)]
    symbols = _SHORTCODE.sub("", text).replace("\u200d", "").replace("\ufe0f", "").replace("\ufe0e", "")
    stars = symbols.count("⭐") + symbols.count("★") + shortcodes.count("star")
    found = []
    if stars > 1 or "★" in symbols or "star" in shortcodes:
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
    match = _OPENING.match(raw[start:end]) if raw[start : start + 1] in ("<", "\\") else None
    if match is not None and not _closes_inside(raw[start:end], match.group(0)):
        start += match.end()
    match = _CLOSING.search(raw, start, end)
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


def likeness(text: str) -> float:
    """How much a plain title reads like a question or a task, from 0 to 1."""
    if not text:
        return 0.0
    if _ASKS_ELSEWHERE.search(text):
        return 1.0
    if _ORDERS.match(text):
        return 0.9
    if _ASKS.match(text):
        return 0.9
    if _CONTRASTS.search(text) or _ORDERS_ELSEWHERE.match(text):
        return 0.8
    return 0.2


_BOILERPLATE = re.compile(
    r"^\W*(?:table of contents?|contents?|toc|index|content list|summary of contents|目录|содержание|índice|sommaire|inhalt\w*|"
    r"licen[sc]e|contribut\w+.*|how to contribute|acknowledg\w+|credits?|authors?|about(?: me| us| the authors?| this \w+)?|"
    r"sponsors?.*|support(?: (?:me|us|the project))?|donat\w+|references?|resources|useful (?:links|resources)|links|"
    r"further reading|related (?:projects|links|repos\w*)|foreword|preface|prerequisites|getting started|installation|usage|"
    r"changelog|disclaimer|feedback|contacts?|star(?:gazers| history)?|community|maintainers?|thanks|thank you|"
    r"view online|show your support|connect with me|follow me.*|stay (?:tuned|connected).*|faq|note|notes|translations?|languages?|"
    r"code of conduct|read ?me|introduction|conclusion|see also|back to top|overview|features|roadmap|donations?)\W*$",
    re.IGNORECASE,
)
_CONTENTS = re.compile(
    r"^\W*(?:table of (?:contents?|questions)|contents?(?: - .*)?|toc|index|list of questions|questions? (?:list|index)|目录|содержание|"
    r"índice|sommaire|inhalt\w*)\W*$",
    re.IGNORECASE,
)
_ANSWER_WORD = (
    r"answers?|ans|solutions?|explanations?|explication|respuestas?|resposta|réponses?|antwort|lösung|ответы?|решение|"
    r"答案|解答|解析|参考答案|答|回答|정답|답변|cevap|odpowiedź|risposta"
)
_ANSWER_TITLE = re.compile(
    rf"^\W*(?:(?:click|tap|press)\b.*|(?:show|view|see|reveal|toggle|open|expand|read|check|get|display|hide)?\s*(?:/\s*hide\s*)?"
    rf"(?:the |me |my |full |sample |possible |suggested |correct |right |model |detailed |short |example )*(?:{_ANSWER_WORD})"
    rf"(?:\s+\d+)?(?:\s*[:：].*)?|查看答案.*|(?:show|view|see|reveal|expand)(?: more| details| me)?|details|hints?|spoilers?)\W*$",
    re.IGNORECASE,
)


def is_boilerplate(text: str) -> bool:
    """Whether a plain heading belongs to the page, not to its subject: licence, contents, contributing …"""
    return bool(_BOILERPLATE.match(text))


def is_contents(text: str) -> bool:
    """Whether a plain heading announces a table of contents."""
    return bool(_CONTENTS.match(text))


def is_answer_title(text: str) -> bool:
    """Whether a plain heading or summary only says that the answer follows."""
    return bool(_ANSWER_TITLE.match(text))


def is_bare_question(text: str) -> bool:
    """Whether a plain heading is just "Question" or "Question 7", so that the question itself follows."""
    return bool(_BARE_QUESTION.match(text))
