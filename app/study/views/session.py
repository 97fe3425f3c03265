"""One question at a time: ask, reveal, grade, undo, and the summary at the end."""

import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.scheduling.state import GRADES
from app.study import asking, line, service
from app.study.asking import Screen
from app.study.marks import Mark
from app.study.more import ask_for_more
from app.study.question import FOUR
from app.study.scopes import NotChosen, Scope, UnknownScope
from app.study.service import (
    Answered,
    HiddenCard,
    KeyReused,
    NotAsked,
    NotLast,
    StaleCard,
    Undone,
    UnknownCard,
    UnknownEvent,
)
from app.study.summary import summary
from app.study.views import answers, marking
from app.study.views.answers import Posted
from app.study.views.blueprint import blueprint
from app.study.views.marking import Said
from app.study.views.shapes import session_part
from app.web import clock
from app.web.access import Access, access, check_again, refused
from app.web.database import session, transact, transact_together
from app.web.errors import Refusal
from app.web.pages import shown, wants_fragment
from app.web.sessions import Belief, NotTheSame, Viewer, believed, require_viewer
from app.web.together import Course, Unchanged

T = TypeVar("T")
_TYPED_SHOWN = 20_000
_GUID = re.compile(r"[0-9a-z]{1,32}")


@blueprint.get("/study")
@access(Access.LEARNER)
def study() -> AnyResponse:
    """The question to ask now; `show=answer` reveals the answer of the `card` it names."""
    card = request.args.get("card", "")
    page = _screen(answers.asked_scope(), clock.now(), card=card, after=request.args.get("after", ""))
    if page.question is None:
        return redirect(_done_url(page, request.args.get("did", "")))
    revealed = request.args.get("show") == "answer" and page.question.guid == card
    return _shown(page, revealed=revealed, marked=marking.asked(page.scope))


@blueprint.post("/study/answer")
@access(Access.LEARNER, looks_itself=True)
def answer() -> AnyResponse:
    """Record a grade and show the next card."""
    now, posted = clock.now(), answers.posted_answer()
    try:
        answered, page = _record(posted, now)
    except UnknownCard as error:
        if isinstance(error, HiddenCard):
            refused(require_viewer())
        abort(404)
    except KeyReused:
        raise _used_up(posted.scope) from None
    except StaleCard:
        return _instead(posted.scope, now, _stale(), card=posted.card)
    except NotAsked as error:
        return _instead(posted.scope, now, _not_asked(error))
    marked = None
    if answered.suspended:
        leech = answers.PostedMark(posted.card, Mark.SUSPEND, True, posted.scope)
        marked = replace(marking.said(leech, url_for(".mark")), said=_("Leech suspended."))
    return _next(posted.scope, now, answered, after=posted.after, page=page, marked=marked)


@blueprint.post("/study/undo")
@access(Access.LEARNER)
def undo() -> AnyResponse:
    """Take an answer back and ask its card again."""
    event, scope = answers.posted_event()
    now = clock.now()
    try:
        undone = _changed(lambda person, one: service.undo(one, viewer=person, event=event, now=now))
    except NotLast:
        return _instead(scope, now, _("This card was answered again since, so the earlier answer stays."))
    if not wants_fragment():
        return redirect(url_for(".study", **scope.address, card=undone.card_guid), 303)
    page = _screen(scope, now, card=undone.card_guid)
    return _left(page) if page.question is None else _shown(page)


@blueprint.post("/study/redo")
@access(Access.LEARNER)
def redo() -> AnyResponse:
    """Put back an answer that was undone."""
    event, scope = answers.posted_event()
    now = clock.now()
    try:
        _changed(lambda person, one: service.redo(one, viewer=person, event=event, now=now))
    except NotLast:
        return _instead(
            scope, now, _("This card was answered again since, so the answer that was undone stays undone.")
        )
    return _next(scope, now)


@blueprint.post("/study/more")
@access(Access.LEARNER)
def study_more() -> AnyResponse:
    """Raise today's limits a little, and go on."""
    what, day, seen, scope = answers.posted_more()
    work = partial(ask_for_more, viewer=require_viewer(), what=what, day=day, seen=seen, now=clock.now())
    transact(work)
    return redirect(url_for(".study", **scope.address), 303)


@blueprint.post("/study/mark")
@access(Access.LEARNER)
def mark() -> AnyResponse:
    """Bury, suspend or flag a card, or take that back, and show what comes next."""
    posted, now = answers.posted_mark(), clock.now()
    said = marking.said(posted, url_for(".mark"))
    marking.put(posted, now)
    flag, back = posted.what is Mark.FLAG, "" if posted.on else posted.card
    if not wants_fragment():
        return redirect(
            url_for(".study", **posted.scope.address, card=(posted.card if flag else back) or None, did=said.did), 303
        )
    page = _screen(posted.scope, now, card="" if flag else back, after=posted.card if flag else posted.after)
    return _left(page, said.did) if page.question is None else _shown(page, marked=said)


@blueprint.get("/study/done")
@access(Access.LEARNER)
def done() -> AnyResponse:
    """What this session came to, and what comes next."""
    scope = answers.asked_scope()
    page = _scoped(lambda: summary(session(), require_viewer(), now=clock.now(), scope=scope))
    return shown("study/done.html", area="library", page=page, person=require_viewer(), marked=marking.asked(scope))


def _scoped(read: Callable[[], T]) -> T:
    """What `read` gives. A scope that is not there is 404; one that is there but not studied says so."""
    try:
        return read()
    except UnknownScope:
        abort(404)
    except NotChosen:
        raise Refusal(
            409,
            _("You do not study this yet."),
            _("Add it to your library, and its cards will be asked."),
            back=url_for(".choose"),
            back_label=_("Choose decks"),
        ) from None


def _record(posted: Posted, now: datetime) -> tuple[Answered, Screen | None]:
    """Record the answer; for a script also read what it shows next, while the transaction is open."""
    belief = believed()
    try:
        recorded = _recorded(posted, now, belief)
    except NotTheSame:
        check_again()
        return _recorded(posted, now, None)
    except Unchanged:  # refused for what it says, after the look
        if belief is not None:
            belief.holds()
        raise
    if belief is not None:
        belief.holds()
    return recorded


def _recorded(posted: Posted, now: datetime, belief: Belief | None) -> tuple[Answered, Screen | None]:
    """`_record`; a `belief` is looked at in the same transaction. Raises `NotTheSame` where it does not hold."""
    person = require_viewer() if belief is None else belief.person
    device, goes_on = answers.device(), wants_fragment()

    def work(one: Any, in_line: bool) -> Course[tuple[Answered, Screen | None]]:
        reading = asking.beside_an_answer(one, person, now=now, scope=posted.scope) if goes_on else None
        steps = service.answering(
            one,
            viewer=person,
            card=posted.card,
            grade=posted.grade,
            key=posted.key,
            version=posted.version,
            elapsed_ms=posted.elapsed_ms,
            now=now,
            device=device,
            reading=reading,
            in_line=in_line,
        )
        answered = yield from steps if belief is None else belief.looked_at(one, steps)
        if not goes_on:
            return lambda: lambda: (answered, None)
        try:
            ask = asking.screen_to_ask(
                one, person, now=now, scope=posted.scope, after=posted.after, answered=answered, reading=reading
            )
        except (UnknownScope, NotChosen):  # the answer counts all the same; `_next` says it
            return lambda: lambda: (answered, None)

        def both() -> Callable[[], tuple[Answered, Screen | None]]:
            screen = ask()
            return lambda: (answered, screen())

        return both

    return transact_together(work, person.id, line.claim)


def _changed(work: Callable[[Viewer, Any], Undone]) -> Undone:
    person = require_viewer()
    try:
        return transact(lambda one: work(person, one))
    except UnknownEvent:
        abort(404)


def _screen(
    scope: Scope, now: datetime, *, card: str = "", after: str = "", answered: Answered | None = None
) -> Screen:
    card, after = (guid if _GUID.fullmatch(guid) else "" for guid in (card, after))
    person = require_viewer()
    return _scoped(
        lambda: asking.screen(session(), person, now=now, scope=scope, card=card, after=after, answered=answered)
    )


def _shown(
    page: Screen, status: int = 200, *, revealed: bool = False, notice: str = "", marked: Said | None = None
) -> Response:
    """The study page, or the part of it that changes from card to card."""
    person = require_viewer()
    grades, key = FOUR if person.grade_scale == "four" else GRADES, secrets.token_hex(16)
    if wants_fragment() and not (revealed or notice or marked or "_flashes" in cookie):
        return make_response(session_part(page, person, grades, key), status)
    values: dict[str, Any] = {
        "page": page,
        "person": person,
        "revealed": revealed,
        "notice": notice,
        "marked": marked,
        "key": key,
        "grades": grades,
        "typed": request.args.get("a", "").strip()[:_TYPED_SHOWN] if revealed else "",
        "chosen": _choice(page) if revealed else [],
        "scope": page.scope.address,
    }
    template = "study/_session.html" if wants_fragment() else "study/session.html"
    return make_response(render_template(template, **values), status)


def _choice(page: Screen) -> list[str]:
    """The options that were ticked, those there are, in their order."""
    ticked = request.args.getlist("choice")
    return [option.key for option in page.question.options if option.key in ticked] if page.question else []


def _next(
    scope: Scope,
    now: datetime,
    answered: Answered | None = None,
    *,
    after: str = "",
    page: Screen | None = None,
    marked: Said | None = None,
) -> AnyResponse:
    """After a change: the next card at once for a script, and a page of its own for everyone else.

    A script that shows card `after` already gets the one that comes after it. `page` is that one where it is known.
    """
    if not wants_fragment():
        return redirect(url_for(".study", **scope.address, did=marked.did if marked else None), 303)
    page = page or _screen(scope, now, after=after, answered=answered)
    if page.behind:
        transact(partial(service.remember_places, user_id=require_viewer().id, decks=page.behind))
    return _left(page, marked.did if marked else "") if page.question is None else _shown(page, marked=marked)


def _left(page: Screen, did: str = "") -> Response:
    """For a script: nothing is left to ask, go on there."""
    response = make_response("", 204)
    response.headers["Location"] = _done_url(page, did)
    return response


def _instead(scope: Scope, now: datetime, notice: str, *, card: str = "") -> Response:
    """409: nothing was changed; this is how things are."""
    page = _screen(scope, now, card=card)
    if page.question is None:
        raise Refusal(
            409, notice, _("Nothing is left to study here now."), back=_done_url(page), back_label=_("To the summary")
        )
    return _shown(page, 409, notice=notice)


def _done_url(page: Screen, did: str = "") -> str:
    return url_for(".done", **page.scope.address, did=did or None)


def _used_up(scope: Scope) -> Refusal:
    return Refusal(
        422,
        _("This question was answered from this page already."),
        _("The first answer counts and is safe; this other one was not recorded. To change it, undo the first."),
        back=url_for(".study", **scope.address),
        back_label=_("Go on studying"),
    )


def _stale() -> str:
    return str(
        _("This card was answered elsewhere since it was shown here. That answer counts; this one was not recorded.")
    )


def _not_asked(error: NotAsked) -> str:
    words = {
        "archived": _(
            "This card was taken out of its deck meanwhile. Your answer was not recorded; its history is kept."
        ),
        "draft": _("This card has no answer yet, so it is not asked. Your answer was not recorded."),
        "unchosen": _("You no longer study this card's deck. Your answer was not recorded."),
    }
    return str(words[error.why])
