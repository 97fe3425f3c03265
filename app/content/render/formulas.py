"""Formulas: LaTeX to MathML of which every tag and attribute is known.

What the converter returns as text is not safe (words inside a formula may hold tags), so its element tree is
filtered and written out here. The MathML waits under a mark that no content can contain until all else is sanitised.
"""

import re
from functools import lru_cache
from html import escape, unescape
from xml.etree.ElementTree import Element

MAX_LATEX = 2_000
"""Characters of one formula; a longer one is shown as it was written."""
MAX_FORMULAS = 500

_TAGS = frozenset(
    (
        *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mstyle", "mpadded", "mphantom", "menclose"),
        *("mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover"),
        *("mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mlabeledtr"),
    )
)
_LENGTH = r"[+-]?\d{0,2}(?:\.\d{1,4})?(?:em|ex|mu|px|pt|%)?"
_WORD = r"[a-z-]{1,30}(?: [a-z-]{1,30}){0,30}"
_ATTRIBUTES = {
    **dict.fromkeys(("display", "displaystyle", "mathvariant", "notation", "side"), _WORD),
    **dict.fromkeys(("stretchy", "fence", "separator", "form", "symmetric", "largeop", "movablelimits"), _WORD),
    **dict.fromkeys(("accent", "accentunder", "columnalign", "rowalign", "columnlines", "rowlines"), _WORD),
    **dict.fromkeys(("lspace", "rspace", "width", "height", "depth", "voffset"), _LENGTH),
    **dict.fromkeys(("minsize", "maxsize", "mathsize", "linethickness", "columnspacing", "rowspacing"), _LENGTH),
    "scriptlevel": _LENGTH,
}
_VALUES = {name: re.compile(pattern) for name, pattern in _ATTRIBUTES.items()}
_REFERENCE = re.compile(r"&#x?[0-9A-Fa-f]{1,6};|&[a-z]{2,5};")
_UNKNOWN = re.compile(r"\\[A-Za-z]|\\$")
# Definitions could multiply a short formula into gigabytes; cards do not need them.
_DEFINITION = re.compile(r"\\(?:re)?(?:new|provide)(?:command|environment)|\\[egx]?def\b|\\let\b|\\DeclareMath")
_OTHERWISE = (
    (re.compile(r"\\(arg|sgn|sign|tr|diag|rank|softmax)(?![A-Za-z])"), r"\\operatorname{\1}"),
    (re.compile(r"\\hdots(?![A-Za-z])"), r"\\ldots"),
    (re.compile(r"\\(?:label|ref)\{[^{}]*\}|\\(?:nolimits|notag|nonumber)(?![A-Za-z])"), ""),
)
"""Commands that the converter does not know, and what they mean in those it does."""
_ATTRIBUTE = "|".join(f'{name}="(?:{pattern})"' for name, pattern in _ATTRIBUTES.items())
_OTHERS = "|".join(sorted(_TAGS - {"math"}, key=len, reverse=True))
_WRAP = '<span class="scroll" role="group" aria-label="Formula" tabindex="0">'
_FIRST = re.compile(rf"({_WRAP})?(<math(?: (?:{_ATTRIBUTE}))*>)")
_NEXT = re.compile(rf"[^<>]+|</?(?:{_OTHERS})(?: (?:{_ATTRIBUTE}))*>")
_TAG = re.compile(r"<[^<>]*>")
MOST_SIGNS = 14
"""A formula with more signs than that may be wider than a phone: it scrolls in itself."""


class Formulas:
    """The formulas of one text while its HTML is sanitised. `mark` is a word that does not stand in the text."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._made: list[str] = []

    def add(self, latex: str, *, display: bool) -> str | None:
        """A stand-in for the formula; None where it cannot be set, so that its source is to be shown."""
        if len(self._made) >= MAX_FORMULAS:
            return None
        made = to_mathml(latex.strip(), display)
        return None if made is None else self._keep(made)

    def take_out(self, html: str) -> str:
        """The HTML with stand-ins where it holds MathML as this module writes it; any other MathML stays, to be dropped."""
        if "<math" not in html:
            return html
        kept, done, at = [], 0, 0
        while first := _FIRST.search(html, at):
            at = first.end()
            end = _end(html, at)
            if end is None:
                continue
            wrapped = first[1] and html.startswith("</span>", end)
            kept += [html[done : first.start() if wrapped else first.start(2)], self._keep(html[first.start(2) : end])]
            done = at = end + len("</span>") if wrapped else end
        return "".join(kept) + html[done:]

    def put_back(self, html: str) -> str:
        """The sanitised HTML with MathML for each stand-in between tags; inside an attribute there is no formula."""
        if not self._made:
            return html
        pattern = rf'(<div class="scroll">)?{self._mark}x(\d+)x|<[^<>]*>'
        return re.sub(pattern, self._one, html).replace(self._mark, "")

    def _keep(self, made: str) -> str:
        self._made.append(made)
        return f"{self._mark}x{len(self._made) - 1}x"

    def _one(self, match: re.Match[str]) -> str:
        if match[2] is None:
            return match[0]
        made = self._made[int(match[2])]
        if match[1]:
            return f'<div class="scroll" role="region" aria-label="Formula" tabindex="0">{made}'
        return self._in_line(made)

    def _in_line(self, made: str) -> str:
        """The formula as it stands in a line of words."""
        return f"{_WRAP}{made}</span>" if len(unescape(_TAG.sub("", made))) > MOST_SIGNS else made


def _end(html: str, at: int) -> int | None:
    """Where the formula ends whose inside begins there; None for one that this module did not write.

    Piece by piece, so that the time grows with the text, whatever it almost is; possessive quantifiers that would do the same in
    one pattern forget matches before Python 3.11.5 (https://github.com/python/cpython/issues/106052).
    """
    while piece := _NEXT.match(html, at):
        at = piece.end()
    return at + len("</math>") if html.startswith("</math>", at) else None


class InLabels(Formulas):
    """Formulas of what is clicked to choose it, and scrolls as a whole: one that takes the focus would take the click, too."""

    def _in_line(self, made: str) -> str:
        return made


class Written(InLabels):
    """Formulas that stay LaTeX, between the signs that MathJax reads: for other programs than a browser."""

    def add(self, latex: str, *, display: bool) -> str | None:
        """A stand-in for the formula; None where there are too many, so that its source is to be shown."""
        if len(self._made) >= MAX_FORMULAS:
            return None
        first, last = ("\\[", "\\]") if display else ("\\(", "\\)")
        return self._keep(f"{first}{escape(latex.strip(), quote=False)}{last}")


@lru_cache(maxsize=4096)
def to_mathml(latex: str, display: bool) -> str | None:
    """MathML of a formula; None for one that is too long, defines commands, or uses what the converter does not know."""
    if not latex or len(latex) > MAX_LATEX or _DEFINITION.search(latex):
        return None
    for pattern, meaning in _OTHERWISE:
        latex = pattern.sub(meaning, latex)
    from latex2mathml.converter import Converter  # few cards have formulas, and loading it takes longer than the rest

    try:
        tree = Converter(display="block" if display else "inline").convert_to_element(latex)
        return _written(tree)
    except Exception:  # the converter fails in its own errors, in IndexError, StopIteration, RecursionError …
        return None


class _UnknownCommand(Exception):
    """The converter left a command as it was."""


def _written(element: Element) -> str:
    inner = _text(element.text) + "".join(_written(child) + _text(child.tail) for child in element)
    if element.tag not in _TAGS:
        return inner
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in _VALUES and _VALUES[name].fullmatch(value)
    )
    return f"<{element.tag}{attributes}>{inner}</{element.tag}>"


def _text(text: str | None) -> str:
    """Text of the tree, where the converter writes signs as references; escaped."""
    if not text:
        return ""
    if _UNKNOWN.search(text):
        raise _UnknownCommand(text)
    return escape(_REFERENCE.sub(lambda match: unescape(match[0]), text), quote=False)
