"""Multiple choice: the options of a question, and which of them are right."""

import re
from dataclasses import dataclass
from itertools import pairwise
from textwrap import dedent

from app.content.document import Option
from app.content.parsing.titles import plain

_TASK = re.compile(r"^(?P<indent>[ \t]*)(?:[-*+]|\d{1,2}[.)])[ \t]+\\?\[(?P<tick>[ xX✓✔])?\\?\][ \t]*(?P<text>.*)$")
_LETTERED = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?:[-*+]|\d{1,2}[.)])[ \t]+)?(?:\*\*|__|<b>|`)?[(\[]?(?P<key>[A-Ha-h]|\d{1,2})(?:[.):\]]|[ ]?[)-](?=\s))"
    r"(?:\*\*|__|</b>|`)?:?[ \t]*(?P<text>.*)$"
)
_BULLET = re.compile(r"^ {0,3}[-*+][ \t]+(?P<text>\S.*)$")
_TICKED = re.compile(
    r"(?:✅|✔️?|☑️?|✓|\((?:correct|right|answer)\)|\*\((?:correct|right)\)\*|<-+\s*(?:correct|answer))\s*$", re.IGNORECASE
)
_KEY = re.compile(
    r"(?:^|\n)[ \t>#*_`-]*(?:(?:the )?(?:correct |right )(?:answers?|options?|choices?|one)(?: is| are)?|(?:the )?answers?(?: is| are)?|"
    r"ans|key|solution|correct|答案|正确答案|ответ|respuesta(?: correcta)?|resposta|réponse|antwort)"
    r"[*_`\s]*(?:[:：=\-–—]|is\b|\))*[*_`\s(\[]*(?P<keys>(?-i:[A-H]{2,6}\b)|(?:option\s+)?[A-Ha-h\d](?:[*_`)\]]*\s*(?:,|and|&|/|;|、)\s*[*_`(\[]*[A-Ha-h\d])*)"
    r"(?=[*_`)\]]*(?:[.):,;\s–—-]|$))",
    re.IGNORECASE,
)
_BARE_KEY = re.compile(
    r"^[\s*_`(>#]*(?:option\s+)?(?P<keys>(?-i:[A-H]{2,6}\b)|[A-Ha-h](?:\s*(?:,|and|&|/)\s*[A-Ha-h])*)[*_`)]*(?:\s*$|[.):]\s|\s*\n|\s+[-–—:]\s)",
    re.IGNORECASE,
)
_NUMBER_KEY = re.compile(r"^[\s*_`(>#]*(?:option\s+)?(?P<keys>\d{1,2})[*_`)]*(?:\s|[.):]|$)", re.IGNORECASE)
_SINGLE = re.compile(r"\b(?:[A-Ha-h]|\d{1,2})\b")
_FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")
_DETAILS_LINE = re.compile(r"^\s*<", re.IGNORECASE)
_UNFENCED = re.compile(r"(?m)^[ \t]*(?:`{3,}|~{3,})[^\n]*$")
MAX_OPTIONS = 12
MAX_LINE = 1000
FEWEST_ON_A_LINE = 2
_KEYED = re.compile(r"(?:(?<=\s)|^)[(\[]?([A-Ha-h])[).\]](?=\s)")
_SEVERAL = re.compile(r"^[ \t]*(?:[-*+][ \t]+)?[(\[]?[A-Ha-h][).\]]\s+\S.*\s[(\[]?[B-Hb-h][).\]]\s")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Choice:
    """Options found in a text: lines `first` to `last` (excluded) hold them; `ticked` if the list marks the right ones."""

    options: tuple[Option, ...]
    first: int
    last: int
    ticked: bool


@dataclass(slots=True)
class _Run:
    first: int
    last: int
    kind: str
    keys: list[str]
    texts: list[str]
    ticks: list[bool]


def find_choice(lines: list[str], code: list[bool]) -> Choice | None:
    """The options among `lines` (an answer's, or a question's), and which are right as far as the list itself says.

    `code` says of each line whether it is inside code, where nothing is an option.
    """
    runs = [run for run in _runs(lines, code) if 2 <= len(run.texts) <= MAX_OPTIONS]
    lettered = any(run.kind == "lettered" and run.keys[0].isalpha() and _in_order(run.keys) for run in runs)
    for run in runs:
        if run.kind == "task":
            keys = [_LETTERS[index] for index in range(len(run.texts))]
            texts = [_dedented(text) for text in run.texts]
            options = [Option(*one) for one in zip(keys, texts, run.ticks, strict=True)]
            return Choice(tuple(options), run.first, run.last, any(run.ticks))
        if lettered and not run.keys[0].isalpha():
            continue  # numbered statements, which the options name
        if run.kind == "lettered" and _in_order(run.keys):
            marked = [bool(_TICKED.search(text)) for text in run.texts]
            if not any(marked) and run.keys[0].isalpha():
                bold = [text.rstrip().endswith(("**", "</b>", "</strong>")) for text in run.texts]
                marked = bold if sum(bold) == 1 else marked
            texts = [_dedented(_unmarked(text)) for text in run.texts]
            options = [Option(*one) for one in zip((key.upper() for key in run.keys), texts, marked, strict=True)]
            return Choice(tuple(options), run.first, run.last, any(marked))
    return _ticked_bullets(lines, code)


def _ticked_bullets(lines: list[str], code: list[bool]) -> Choice | None:
    """Plain bullets, a sign behind the right ones: nothing but these in a row, at the start."""
    rows = [number for number, line in enumerate(lines) if line.strip()]
    found: list[tuple[int, str]] = []
    for number in rows:
        match = None if code[number] else _BULLET.match(lines[number])
        if match is None:
            break
        found.append((number, match.group("text").rstrip()))
    right = [bool(_TICKED.search(text)) for _, text in found]
    if not 2 <= len(found) <= MAX_OPTIONS or not 0 < sum(right) < len(found):
        return None
    options = tuple(
        Option(_LETTERS[index], _unmarked(text), ticked)
        for index, ((_, text), ticked) in enumerate(zip(found, right, strict=True))
    )
    return Choice(options, found[0][0], found[-1][0] + 1, ticked=True)


def with_key(options: tuple[Option, ...], answer: str, *, labelled: bool) -> tuple[Option, ...] | None:
    """`options` with those marked right that `answer` names by letter or by their text; None if it names none.

    Numbers name options only where the answer is `labelled` as one: a numbered list may be an answer by itself.
    """
    answer = _UNFENCED.sub("", answer).strip()
    match = _BARE_KEY.match(answer) or _KEY.search(answer)
    names = {option.key.upper() for option in options}
    if not labelled and match is None and not all(key.isalpha() for key in names):
        return None
    if labelled and match is None:
        match = _NUMBER_KEY.match(answer)
    if match is not None:
        keys = _keys_in(match.group("keys"))
        if keys and keys <= names:
            return tuple(Option(option.key, option.text, option.key.upper() in keys) for option in options)
    first = plain(answer.strip().partition("\n")[0]).strip(" .").lower()
    right = [option for option in options if first and plain(option.text).strip(" .").lower() == first]
    if len(right) == 1:
        return tuple(Option(option.key, option.text, option is right[0]) for option in options)
    return None


def _keys_in(text: str) -> set[str]:
    """The keys in "B", "A, C", "A and C", "AC" or "option b"."""
    if text.isupper() and text.isalpha():
        return set(text)
    return {key.upper() for key in _SINGLE.findall(re.sub(r"option", "", text, flags=re.IGNORECASE))}


def _unmarked(text: str) -> str:
    bare = _TICKED.sub("", text).strip()
    for closing in ("**", "</b>", "</strong>"):
        if bare.endswith(closing) and bare.count(closing) == 1 and bare.count(closing.replace("/", "")) < 2:
            bare = bare.removesuffix(closing)
    return bare


def _said(text: str) -> str:
    """The text of an option without the blanks that some files put where only code follows."""
    return text.replace("\u2800", "").strip()


def _dedented(text: str) -> str:
    """An option with the indentation of its list taken off the lines below the first."""
    first, _, rest = text.partition("\n")
    return "\n".join(part for part in (_said(first), dedent(rest).rstrip()) if part)


def _in_order(keys: list[str]) -> bool:
    folded = [key.upper() for key in keys]
    if folded[0] == "A":
        return folded == list(_LETTERS[: len(folded)])
    return folded[0] in ("1", "0") and folded == [str(int(folded[0]) + index) for index in range(len(folded))]


def _runs(lines: list[str], code: list[bool]) -> list[_Run]:
    """Stretches of lines that begin like options; lines indented deeper, code and blank lines continue an option."""
    runs: list[_Run] = []
    run: _Run | None = None
    indent = 0
    for number, line in enumerate(lines):
        if run is not None and code[number] and number and code[number - 1]:
            if run.last == number:
                _continue(run, number, "\n" + line.strip("\n"))
            continue
        several = () if code[number] else _on_one_line(line)
        match = None if code[number] else _TASK.match(line) or _LETTERED.match(line)
        if several:
            if run is None or run.kind != "lettered" or not _follows(run.keys[-1], several[0][0]):
                run, indent = _Run(number, number, "lettered", [], [], []), 0
                runs.append(run)
            for key, text in several:
                run.keys.append(key)
                run.texts.append(text)
                run.ticks.append(False)
            run.last = number + 1
        elif match is not None:
            run, indent = _begin(runs, run, number, match, indent)
        elif run is not None and line.strip():
            if not code[number] and _KEY.match(line):
                run = None
                continue
            deeper = len(line) - len(line.lstrip()) > indent
            if deeper or (code[number] and not _said(run.texts[-1])) or (run.kind == "task" and _FENCE.match(line)):
                _continue(run, number, "\n" + line.strip("\n"))
            elif run.last == number and run.kind == "task" and not code[number] and not _DETAILS_LINE.match(line):
                _continue(run, number, " " + line.strip())
            else:
                run = None
    return runs


def _begin(runs: list[_Run], run: _Run | None, number: int, match: re.Match[str], indent: int) -> tuple[_Run, int]:
    """The run that an option's first line belongs to, and the run's indentation: lists inside an option are part of it."""
    kind = "task" if "tick" in match.groupdict() else "lettered"
    own = len(match.group("indent"))
    anew = run is not None and kind == run.kind == "lettered" and not _follows(run.keys[-1], match.group("key"))
    if run is not None and own > indent + 1 and (run.kind != kind or own > indent + 3 or anew):
        _continue(run, number, "\n" + match.group(0).strip())
        return run, indent
    if run is None or run.kind != kind or anew:
        run, indent = _Run(number, number, kind, [], [], []), own
        runs.append(run)
    _add(run, number, match)
    return run, indent


def _follows(before: str, key: str) -> bool:
    """Whether an option's key is the next one; else another list begins: options after statements, an answer."""
    if before.isdecimal() or key.isdecimal():
        return before.isdecimal() and key.isdecimal() and int(key) == int(before) + 1
    return ord(key.upper()) == ord(before.upper()) + 1


def _on_one_line(line: str) -> list[tuple[str, str]]:
    """The options of `(a) one  (b) two  (c) three`; none where a line has less than two, or not one after the other."""
    if len(line) > MAX_LINE or not _SEVERAL.match(line):
        return []
    parts = _KEYED.split(line)
    keys, texts = parts[1::2], [text.strip().rstrip(",;").rstrip() for text in parts[2::2]]
    if parts[0].strip(" \t-*+") or len(keys) < FEWEST_ON_A_LINE or not all(texts):
        return []
    ordered = all(_follows(left, right) for left, right in pairwise(keys))
    return list(zip(keys, texts, strict=True)) if ordered else []


def _continue(run: _Run, number: int, text: str) -> None:
    run.texts[-1] += text
    run.last = number + 1


def _add(run: _Run, number: int, match: re.Match[str]) -> None:
    groups = match.groupdict()
    run.keys.append((groups.get("key") or "").strip())
    run.texts.append(
        (groups.get("text") or "").rstrip().rstrip("\\").removesuffix("<br>").removesuffix("<br/>").rstrip()
    )
    run.ticks.append((groups.get("tick") or " ") != " ")
    run.last = number + 1
