"""Sessions beside the daily plan: put together, one card after the other, and what they came to."""

import re
import secrets
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from flask import Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from app.scheduling.queue import Kind
from app.scheduling.state import GRADES
from app.study import practice, through
from app.study.marks import Mark
from app.study.picking import MOST_CARDS, Mode, Wish, collection_slug, tag_named
from app.study.practice import AnsweredAlready, NothingFits, PracticeScreen, UnknownPractice
from app.study.question import FOUR
from app.study.scopes import Scope
from app.study.service import HiddenCard, KeyReused, NotAsked, NotLast, StaleCard, UnknownCard, UnknownEvent
from app.study.views import answers, marking
from app.study.views.blueprint import blueprint
from app.study.views.choose import choose_page
from app.study.views.comparing import LONGEST
from app.study.views.marking import Said
from app.web import clock
from app.web.access import Access, access, refused
from app.web.database import session, transact
from app.web.pages import shown, wants_fragment
from app.web.sessions import require_viewer

T = TypeVar("T")
_GUID = re.compile(r"[0-9a-z]{1,32}")
ORDERS = ("forgotten", "deck", "random")
DAILY = {"due": None, "new": Kind.NEW, "reviews": Kind.DUE}
"""What the form calls the session of the day, and what alone of it."""


@blueprint.post("/practice")
@access(Access.LEARNER)
def start_practice() -> AnyResponse:
    """Start the session that the form asks for: the day's cards and reading through are pages of their own."""
    mode, source = request.form.get("mode", ""), request.form.get("source", "")[:120]
    tags = tuple(filter(None, (tag.strip() for tag in request.form.get("tags", "")[:400].split(","))))
    if mode in DAILY or mode == "read":
        return _page_of_its_own(mode, source, tags)
    if mode not in list(Mode):
        abort(422)
    wish = Wish(
        mode=Mode(mode),
        source=source,
        tags=tags,
        days=_number("ahead" if mode == Mode.AHEAD else "days", usual=7, most=90),
        order=_order(),
        most=_number("most", usual=30, most=MOST_CARDS),
    )
    counts = "counts" in request.form
    work = partial(practice.start, viewer=require_viewer(), wish=wish, counts=counts, now=clock.now())
    try:
        guid = transact(work)
    except NothingFits:
        return choose_page(_("None of your cards is what you asked for, so there is nothing to start. Ask for more."))
    return redirect(url_for(".practise", guid=guid), 303)


@blueprint.get("/practice/<guid>")
@access(Access.LEARNER)
def practise(guid: str) -> AnyResponse:
    """The card to answer now; `show=answer` reveals the answer of the `card` it names."""
    card = request.args.get("card", "")
    page = _screen(guid, card=card, after=request.args.get("after", ""))
    marked = marking.asked(url=url_for(".mark_in_practice", guid=guid))
    if page.question is None:
        return redirect(url_for(".practised", guid=guid, did=request.args.get("did")))
    return _shown(page, marked=marked, revealed=request.args.get("show") == "answer" and page.question.guid == card)


@blueprint.post("/practice/<guid>/answer")
@access(Access.LEARNER)
def answer_practice(guid: str) -> AnyResponse:
    """Note a grade, or in a quiz a choice, and show the next card."""
    posted, person, now = answers.posted_practice(), require_viewer(), clock.now()
    values: dict[str, Any] = {"card": posted.card, "grade": posted.grade, "choice": posted.choice, "key": posted.key}
    values |= {"version": posted.version, "elapsed_ms": posted.elapsed_ms, "device": answers.device(), "now": now}
    try:
        transact(partial(practice.answer, viewer=person, practice=guid, **values))
    except (UnknownPractice, UnknownCard) as error:
        if isinstance(error, HiddenCard):
            refused(person)
        abort(404)
    except (AnsweredAlready, StaleCard, KeyReused, NotAsked):
        return _instead(
            guid, _("This card was answered elsewhere, or is not asked any more. This answer was not recorded.")
        )
    return _next(guid, after=posted.after)


@blueprint.post("/practice/<guid>/undo")
@access(Access.LEARNER)
def undo_practice(guid: str) -> AnyResponse:
    """Take the last answer of the session back and ask its card again."""
    try:
        card = _stepped(practice.undo, guid)
    except NotLast:
        return _instead(guid, _("This card was answered again since, so the earlier answer stays."))
    return _next(guid, card=card or "")


@blueprint.post("/practice/<guid>/redo")
@access(Access.LEARNER)
def redo_practice(guid: str) -> AnyResponse:
    """Put back the answer that was taken back, and show the next card."""
    if not _stepped(practice.redo, guid):
        return _instead(guid, _("This card has changed since, so the answer that was undone stays undone."))
    return _next(guid)


def _stepped(step: Callable[..., T], guid: str) -> T:
    """What a step back or forward gives, of the answer that the form names."""
    work = partial(step, viewer=require_viewer(), practice=guid, number=answers.posted_number(), now=clock.now())
    try:
        return transact(work)
    except (UnknownPractice, UnknownEvent):
        abort(404)


@blueprint.post("/practice/<guid>/mark")
@access(Access.LEARNER)
def mark_in_practice(guid: str) -> AnyResponse:
    """Bury, suspend or flag a card of the session, or take that back, and show what comes next."""
    posted = answers.posted_mark()
    said = marking.said(posted, url_for(".mark_in_practice", guid=guid))
    _screen(guid)
    marking.put(posted, clock.now())
    flag, back = posted.what is Mark.FLAG, "" if posted.on else posted.card
    if not wants_fragment():
        return redirect(
            url_for(".practise", guid=guid, card=(posted.card if flag else back) or None, did=said.did), 303
        )
    page = _screen(guid, card="" if flag else back, after=posted.card if flag else posted.after)
    return _left(guid, said.did) if page.question is None else _shown(page, marked=said)


@blueprint.get("/practice/<guid>/done")
@access(Access.LEARNER)
def practised(guid: str) -> AnyResponse:
    """What the session came to."""
    page = _known(lambda: practice.result(session(), require_viewer(), guid, now=clock.now()))
    marked = marking.asked(url=url_for(".mark_in_practice", guid=guid))
    return shown("study/practice_done.html", area="library", page=page, marked=marked)


@blueprint.get("/read")
@access(Access.LEARNER)
def read() -> AnyResponse:
    """Card by card with its answer, in the deck's order. Nothing is asked."""
    deck, folder, tag, number = (request.args.get(name, "")[:100] for name in ("deck", "collection", "tag", "n"))
    place = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    page = through.reading(session(), require_viewer(), now=clock.now(), scope=Scope(deck, folder, tag), place=place)
    if page.question is None and (deck or folder) and not tag:
        abort(404)
    scope = Scope(deck, folder, tag).address
    return shown("study/read.html", area="library", page=page, person=require_viewer(), scope=scope, tag=tag)


def _page_of_its_own(mode: str, source: str, tags: Sequence[str]) -> AnyResponse:
    """What the day brings, or reading through: of a deck or collection, and of one tag as its cards spell it."""
    deck = None if source.startswith("collection:") else source or None
    folder = collection_slug(session(), source.removeprefix("collection:")) if source and not deck else None
    tag = tag_named(session(), require_viewer(), tags[0]) if tags else None
    if tags and tag is None:
        return choose_page(_("No card you study has the tag “%(tag)s”.", tag=tags[0]))
    if tags[1:]:
        flash(_("One tag at a time here: these are the cards with “%(tag)s”.", tag=tag), "warning")
    where: dict[str, Any] = {"deck": deck, "collection": folder, "tag": tag}
    if mode == "read":
        return redirect(url_for(".read", **where), 303)
    return redirect(url_for(".study", **where, only=DAILY[mode]), 303)


def _number(name: str, *, usual: int, most: int) -> int:
    """A number of the form, within what makes sense; what is none is the usual one."""
    text = request.form.get(name, "").strip()
    return min(max(int(text), 1), most) if text.isascii() and text.isdigit() and len(text) < 9 else usual


def _order() -> Any:
    order = request.form.get("order", "")
    return order if order in ORDERS else "deck"


def _known(read: Any) -> Any:
    try:
        return read()
    except UnknownPractice:
        abort(404)


def _screen(guid: str, *, card: str = "", after: str = "") -> PracticeScreen:
    card, after = (one if _GUID.fullmatch(one) else "" for one in (card, after))
    person, now = require_viewer(), clock.now()
    found: PracticeScreen = _known(lambda: practice.screen(session(), person, guid, now=now, card=card, after=after))
    return found


def _shown(
    page: PracticeScreen,
    status: int = 200,
    *,
    revealed: bool = False,
    notice: str = "",
    marked: Said | None = None,
) -> Response:
    """The page of a session, or the part of it that changes from card to card."""
    person = require_viewer()
    values: dict[str, Any] = {
        "page": page,
        "person": person,
        "revealed": revealed,
        "notice": notice,
        "marked": marked,
        "key": secrets.token_hex(16),
        "grades": FOUR if person.grade_scale == "four" else GRADES,
        "typed": request.args.get("a", "").strip()[:LONGEST] if revealed else "",
        "chosen": _choice(page) if revealed else [],
    }
    template = "study/_practice.html" if wants_fragment() else "study/practice.html"
    return make_response(render_template(template, **values), status)


def _choice(page: PracticeScreen) -> list[str]:
    ticked = request.args.getlist("choice")
    return [option.key for option in page.question.options if option.key in ticked] if page.question else []


def _next(guid: str, *, card: str = "", after: str = "") -> AnyResponse:
    """After a change: the next card at once for a script, and a page of its own for everyone else."""
    if not wants_fragment():
        return redirect(url_for(".practise", guid=guid, card=card or None), 303)
    page = _screen(guid, card=card, after=after)
    return _left(guid) if page.question is None else _shown(page)


def _left(guid: str, did: str = "") -> Response:
    """For a script: nothing is left to ask, go on there."""
    response = make_response("", 204)
    response.headers["Location"] = url_for(".practised", guid=guid, did=did or None)
    return response


def _instead(guid: str, notice: str) -> AnyResponse:
    """409: nothing was changed; this is how things are."""
    page = _screen(guid)
    if page.question is None:
        flash(notice, "warn")
        return _left(guid) if wants_fragment() else redirect(url_for(".practised", guid=guid), 303)
    return _shown(page, 409, notice=notice)
