"""Lines that are no content: tables of contents, back-to-top links, badges, sponsors and sign-up pitches."""

import re
from collections.abc import Iterable

from app.content.parsing.blocks import Block
from app.content.parsing.titles import plain

_LOCAL_LINK = re.compile(
    r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(\s*#[^()]*(?:\([^()]*\)[^()]*)*\)|<a\b[^<>]*href=[\"']?#[^<>]*>.*?</a>",
    re.IGNORECASE,
)
_ANY_LINK = re.compile(r"\*{0,2}!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\([^()\s]*\)\*{0,2}|<a\b[^<>]*>[^<]*</a>", re.IGNORECASE)
_SHORTCODE = re.compile(r":[a-z_]+:")
_SYMBOLS = re.compile(r"[^\w\s]|_", re.UNICODE)
_TO_TOP = re.compile(
    r"^(?:(?:go |jump |scroll |return |move )?(?:back )?(?:up )?to (?:the )?(?:top|toc|table of contents?|contents?|index|menu|main menu|"
    r"beginning|start|list|questions?|home|readme)(?: of (?:the )?(?:page|list|questions?|section))?|top|up|back|toc|contents|home|"
    r"back top|back to \w+|"
    r"наверх|к началу|вверх|(?:назад )?к (?:содержанию|оглавлению|списку\w*)|в начало|оглавление|"
    r"回到顶部|返回顶部|返回目录|回到目录|トップへ(?:戻る)?|volver (?:arriba|al inicio)|"
    r"retour (?:en haut|au sommaire)|nach oben|zur[üu]ck nach oben|voltar (?:ao topo|para o topo)|torna su)$",
    re.IGNORECASE,
)
_ARROW = re.compile(r"[↑⬆▲🔝⇧↥⏫🔼⤴]|:(?:arrow_up|top|arrow_double_up|arrow_up_small):")
_LINKED = re.compile(r"\]\(|<a\b|\]\[", re.IGNORECASE)
_BADGE = re.compile(
    r"shields\.io|badge|travis-ci|circleci|codecov|coveralls|badgen\.net|buymeacoffee|ko-fi\.com|patreon\.com|opencollective\.com|"
    r"producthunt|star-history|contrib\.rocks|gitter\.im",
    re.IGNORECASE,
)
_ONLY_IMAGES = re.compile(
    r"^\s*(?:\[?!\[[^\[\]]*\]\([^()]*\)(?:\]\([^()]*\))?\s*|</?(?:a|img|p|div|center|br)\b[^<>]*>\s*)+$",
    re.IGNORECASE,
)
_PITCH = re.compile(
    r"(?:explore|find|see|get|check out) all \d+|all ~?\d+ answers|progress tracking|track your progress|"
    r"sign[ -]?up (?:for|to|now|here)|subscribe|join (?:our|my|the|us)\b|follow (?:me|us)\b|"
    r"star (?:this|the) (?:repo|project)|"
    r"give (?:it |this \w+ )?a (?:star|⭐)|buy me a coffee|become a (?:sponsor|patron|member)|sponsored by|"
    r"our (?:course|bootcamp|newsletter)|"
    r"(?:enrol|register) (?:now|here|today)|use (?:the )?(?:code|coupon)|discount|\d+ ?% off|free trial|try \w+ →|"
    r"get (?:the )?(?:full|complete) (?:access|course|pdf)|download (?:the |this )?(?:full |free )?(?:pdf|ebook)|"
    r"pull requests? (?:are|is) (?:\w+ )?welcome|if you (?:like|enjoy(?:ed)?|found) (?:this|the)|check out (?:my|our)\b|"
    r"practice \d+\+? .* in-browser|ace your (?:coding |next )?interview|prep(?:are)? for (?:your )?(?:\w+ )*interviews? (?:with|at|on) \[",
    re.IGNORECASE,
)
_PITCH_WORDS = (
    *(
        "all ",
        "progress",
        "sign",
        "subscribe",
        "join",
        "follow",
        "star ",
        "give ",
        "coffee",
        "become",
        "sponsor",
        "our ",
        "enrol",
    ),
    *(
        "register",
        "use ",
        "discount",
        "off",
        "trial",
        "try ",
        "get ",
        "download",
        "request",
        "if you",
        "check out",
        "practice",
    ),
    *("ace ", "prep"),
)
"""One of these stands in every text `_PITCH` finds: looking for words first is several times faster."""
_MAX_PITCH_WORDS = 70
MAX_LINE = 1000
MAX_HTML_LINES = 8
_HTML_TAG = re.compile(r"<[^<>]*>")
_HREF = re.compile(r"href=[\"']?(https?://[^\"'\s>]+)", re.IGNORECASE)
_MEDIA = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|mp4|pdf)\b|youtu\.?be|vimeo", re.IGNORECASE)


def furniture_lines(blocks: Iterable[Block], lines: list[str], code: bytearray) -> bytearray:
    """A flag for each line that is page furniture. Linear in the number of blocks and lines."""
    flags = bytearray(len(lines))
    for number, line in enumerate(lines):
        if not code[number] and line and _is_furniture_line(line):
            flags[number] = 1
    anchors: list[Block] = []
    for block in blocks:
        if block.kind in ("paragraph", "heading"):
            is_anchor = block.kind == "paragraph" and _is_local_link(block.content)
            _flag_run(anchors, block if is_anchor else None, flags)
            if _is_pitch(block.content):
                _flag(block, flags)
        elif block.kind == "list":
            if not flags[block.start] and _is_contents_list(block):
                _flag(block, flags)
        elif block.kind == "table":
            if _is_contents_table(block):
                _flag(block, flags)
        elif block.kind == "html" and _is_html_furniture(block):
            _flag(block, flags)
    _flag_run(anchors, None, flags)
    return flags


def _flag(block: Block, flags: bytearray) -> None:
    flags[block.start : block.end] = b"\1" * (block.end - block.start)


def _flag_run(run: list[Block], block: Block | None, flags: bytearray) -> None:
    """Collect paragraphs that are one local link each; three or more in a row are a table of contents."""
    if block is not None:
        run.append(block)
        return
    if len(run) >= 3:
        for anchor in run:
            _flag(anchor, flags)
    run.clear()


def _is_html_furniture(block: Block) -> bool:
    short = block.end - block.start <= MAX_HTML_LINES
    return _is_linked_image(block.content) or (short and _is_to_top(" ".join(block.content.split())))


def _is_linked_image(content: str) -> bool:
    """Whether HTML is nothing but images that lead to another page, as sponsors and badges are."""
    if len(content) > 3000 or "<img" not in content or _HTML_TAG.sub("", content).strip():
        return False
    links = _HREF.findall(content)
    return bool(links) and not any(_MEDIA.search(link) for link in links)


def _is_furniture_line(line: str) -> bool:
    if len(line) > MAX_LINE or not (
        "](" in line
        or "<a" in line
        or "<A" in line
        or "][" in line
        or ((not line.isascii() or ":" in line) and _ARROW.search(line))
    ):
        return False
    if _is_to_top(line):
        return True
    return line.lstrip()[:1] in ("!", "[", "<") and bool(_ONLY_IMAGES.match(line)) and bool(_BADGE.search(line))


def _is_to_top(line: str) -> bool:
    arrow = _ARROW.search(line) if ":" in line or not line.isascii() else None
    if len(line) > 600 or not (arrow or ("#" in line and _LINKED.search(line))):
        return False
    words = _words(line)
    if len(words) > 120:
        return False
    if not words:
        return bool(arrow and _LOCAL_LINK.search(line))
    if _TO_TOP.match(words):
        return True
    return _is_row_of_links(line)


def _words(text: str) -> str:
    return " ".join(_SYMBOLS.sub(" ", _SHORTCODE.sub(" ", plain(text.replace("&nbsp;", " ")))).split())


def _is_row_of_links(line: str) -> bool:
    """Whether a line is nothing but links, the way back to the top among them."""
    links = _ANY_LINK.findall(line)
    rest = _ANY_LINK.sub(" ", line)
    return len(links) > 1 and not _words(rest) and any("#" in link and _TO_TOP.match(_words(link)) for link in links)


def _is_local_link(content: str) -> bool:
    rest = _LOCAL_LINK.sub("", content, count=1)
    return rest is not content and len(rest) < len(content) and not re.search(r"\w", _LOCAL_LINK.sub("", rest))


def _is_contents_list(block: Block) -> bool:
    items = links = 0
    for inner in block.walk():
        if inner.kind != "item":
            continue
        items += 1
        first = inner.children[0] if inner.children else None
        if first is not None and first.kind == "paragraph":
            links += first.content.lstrip("*_ ").startswith(("[", "<a")) and bool(
                _LOCAL_LINK.search(first.content[:1000])
            )
    return items >= 2 and links >= 0.8 * items


def _is_contents_table(block: Block) -> bool:
    rows = [row for row in block.children if row.kind == "row"][1:]
    links = sum(any(_is_local_link(cell) for cell in row.cells if "#" in cell) for row in rows)
    return len(rows) >= 2 and links >= 0.6 * len(rows)


def _is_pitch(content: str) -> bool:
    if (not _LINKED.search(content) and "http" not in content) or len(content) > 1500:
        return False
    if len(content.split()) > _MAX_PITCH_WORDS:
        return False
    lowered = content.lower()
    return any(word in lowered for word in _PITCH_WORDS) and bool(_PITCH.search(content))
