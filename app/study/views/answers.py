"""What a study page posts. Each field comes once and says exactly one thing; whatever else comes is refused, never guessed."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from flask import abort, request
from flask_babel import gettext as _

from app.scheduling.queue import Kind
from app.scheduling.state import Grade
from app.study.marks import Mark
from app.study.scopes import Scope
from app.web import agents
from app.web.errors import Refusal

_GUID = re.compile(r"[0-9a-z]{1,32}")
_KEY = re.compile(r"[0-9A-Za-z-]{8,64}")
_GRADE = re.compile(r"[0-5]")
_VERSION = re.compile(r"0|[1-9][0-9]{0,8}")
_MILLISECONDS = re.compile(r"|[0-9]{1,12}")
_EVENT = re.compile(r"[1-9][0-9]{0,17}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FEW = re.compile(r"[0-9]{1,6}")
_SLUG = re.compile(r"[^\0]{0,100}")
_SCOPE = dict.fromkeys(Scope._fields, _SLUG) | {"only": re.compile("|".join(("", *Kind)))}

_ANSWER = {"card": _GUID, "grade": _GRADE, "key": _KEY, "version": _VERSION}
_ANSWER_EXTRA = {"elapsed": _MILLISECONDS, "after": re.compile(r"[0-9a-z]{0,32}"), **_SCOPE}
_PRACTICE = {"card": _GUID, "key": _KEY, "version": _VERSION}
_PRACTICE_EXTRA = {"grade": re.compile(r"|[0-5]"), "elapsed": _MILLISECONDS, "after": _ANSWER_EXTRA["after"]}
_OPTION = re.compile(r"[^\0]{1,16}")
_MOST_CHOSEN = 26
_MARK = {"card": _GUID, "do": re.compile(r"(?:un)?(?:bury|suspend|flag)")}
_ONE = r"(?:bury|suspend|flag)-[0-9a-z]{1,32}"
MOST_BACK = 30
"""So many marks are taken back one after the other, as many as answers."""
_MARKS = re.compile(rf"|{_ONE}(?:\.{_ONE}){{0,{MOST_BACK - 1}}}")
_UNDO = {"event": _EVENT}
_NUMBERED = {"number": _VERSION}


@dataclass(frozen=True, slots=True)
class Posted:
    """An answer as it was sent. `scope` is what is studied.

    `after` is the card that the script shows meanwhile ("": none yet).
    """

    card: str
    grade: Grade
    key: str
    version: int
    elapsed_ms: int | None
    scope: Scope
    after: str


def posted_answer() -> Posted:
    """The answer in this request. Raises `Refusal` (422) for anything that is none."""
    fields = _fields(_ANSWER, _ANSWER_EXTRA)
    elapsed = fields["elapsed"]
    return Posted(
        card=fields["card"],
        grade=Grade(int(fields["grade"])),
        key=fields["key"],
        version=int(fields["version"]),
        elapsed_ms=int(elapsed) if elapsed else None,
        scope=_scope(fields),
        after=fields["after"],
    )


@dataclass(frozen=True, slots=True)
class Practised:
    """An answer in a session of one's own: a grade, or None and the options that were chosen."""

    card: str
    grade: Grade | None
    choice: tuple[str, ...]
    key: str
    version: int
    elapsed_ms: int | None
    after: str


def posted_practice() -> Practised:
    """The answer in this request. Raises `Refusal` (422) for anything that is none."""
    fields = _fields(_PRACTICE, _PRACTICE_EXTRA, several="choice")
    grade, elapsed = fields["grade"], fields["elapsed"]
    return Practised(
        card=fields["card"],
        grade=Grade(int(grade)) if grade else None,
        choice=tuple(request.form.getlist("choice")),
        key=fields["key"],
        version=int(fields["version"]),
        elapsed_ms=int(elapsed) if elapsed else None,
        after=fields["after"],
    )


def posted_number() -> int:
    """The number of the answer to take or put back. Raises `Refusal` (422)."""
    return int(_fields(_NUMBERED, {})["number"])


@dataclass(frozen=True, slots=True)
class PostedMark:
    """What is to be done with a card: a mark, or (not `on`) the end of one. `after` as in `Posted`.

    `before`: what was done with cards right before that, by mark and guid, the last one last.
    """

    card: str
    what: Mark
    on: bool
    scope: Scope
    after: str = ""
    before: tuple[tuple[Mark, str], ...] = ()


def posted_mark() -> PostedMark:
    """The mark in this request. Raises `Refusal` (422) for anything that is none."""
    fields = _fields(_MARK, {"after": _ANSWER_EXTRA["after"], "did": _MARKS} | _SCOPE)
    do = fields["do"]
    what = Mark(do.removeprefix("un"))
    before = marks_in(fields["did"])
    return PostedMark(fields["card"], what, not do.startswith("un"), _scope(fields), fields["after"], before)


def marks_in(text: str) -> tuple[tuple[Mark, str], ...]:
    """Marks and guids of cards from `bury-<guid>.flag-<guid>…`; none where it is anything else."""
    if not text or not _MARKS.fullmatch(text):
        return ()
    return tuple((Mark(what), card) for what, _, card in (one.partition("-") for one in text.split(".")))


def posted_event() -> tuple[int, Scope]:
    """The event to undo or redo, and what is studied. Raises `Refusal` (422)."""
    fields = _fields(_UNDO, _SCOPE)
    return int(fields["event"]), _scope(fields)


def posted_more() -> tuple[Literal["new", "reviews"], date, int, Scope]:
    """Of what a little more is wanted, on which study day, with how much added already, in which scope."""
    needed = {"what": re.compile(r"new|reviews"), "day": _DAY, "extra_new": _FEW, "extra_reviews": _FEW}
    fields = _fields(needed, _SCOPE)
    try:
        day = date.fromisoformat(fields["day"])
    except ValueError:
        abort(422)
    what: Literal["new", "reviews"] = "new" if fields["what"] == "new" else "reviews"
    return what, day, int(fields[f"extra_{what}"]), _scope(fields)


def asked_scope() -> Scope:
    """What the address asks to study; one that cannot be is 404."""
    scope = Scope(**{name: request.args.get(name, "") for name in Scope._fields})
    if not all(_SCOPE[name].fullmatch(value) for name, value in scope._asdict().items()):
        abort(404)
    return scope


def _scope(fields: dict[str, str]) -> Scope:
    return Scope(**{name: fields[name] for name in Scope._fields})


def device() -> str:
    """The browser this request came from, in words."""
    return agents.in_words(request.user_agent.string[:400])[:64]


def _fields(
    needed: dict[str, re.Pattern[str]], extra: dict[str, re.Pattern[str]], *, several: str = ""
) -> dict[str, str]:
    """What was sent, each field once; of options, as many as were chosen may come under the name `several`."""
    known = needed | extra
    sent = {name: values for name, values in request.form.lists() if name not in ("csrf_token", several)}
    wrong = sorted({*sent} - {*known} | {*needed} - {*sent})
    wrong += [name for name, values in sent.items() if name in known and not _fits(known[name], values)]
    options = request.form.getlist(several) if several else []
    if len(options) > _MOST_CHOSEN or not all(map(_OPTION.fullmatch, options)):
        wrong.append(several)
    if wrong or request.files:
        raise Refusal(
            422,
            _("This answer could not be understood."),
            _(
                "Nothing was recorded. What is wrong: %(names)s. Open the question again and answer it there.",
                names=_named(wrong),
            ),
        )
    return {name: sent.get(name, [""])[0] for name in known}


def _fits(pattern: re.Pattern[str], values: list[str]) -> bool:
    return len(values) == 1 and pattern.fullmatch(values[0]) is not None


def _named(names: list[str]) -> str:
    return ", ".join(name[:32] for name in names[:5]) or _("a file")
