"""Days off and days' loads: a backlog spread, a holiday, everything postponed, easy days, balance."""

import re
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.scheduling.spreading import MOST_DAYS
from app.study import backlog, moving, preferences, rest
from app.study.forms import DaysForm, HolidayForm, PostponeForm
from app.study.moving import Move, UnknownMove
from app.study.queries import chosen_decks, study_day_of
from app.study.service import KeyReused
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.pages import shown
from app.web.sessions import require_viewer

_KEY = re.compile(r"[0-9a-f]{32}")


@blueprint.get("/backlog")
@access(Access.LEARNER)
def overdue() -> Response:
    """What is overdue, drawn as it would be spread over `days` days."""
    days = request.args.get("days", "")
    number = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else None
    page = backlog.backlog(session(), require_viewer(), now=clock.now(), days=number)
    if page is None:
        return redirect(url_for("study.home"))
    return shown("study/backlog.html", area="library", page=page, key=secrets.token_hex(16))


@blueprint.post("/backlog")
@access(Access.LEARNER)
def take_overdue() -> Response:
    """Draw it again, or take it as chosen."""
    days, how = request.form.get("days", ""), request.form.get("how", "")
    number = int(days) if days.isascii() and days.isdigit() and len(days) < 5 else 0
    if "draw" in request.form or not 2 <= number <= MOST_DAYS:
        return redirect(url_for(".overdue", days=number or None), 303)
    if how not in ("spread", "today", "leave"):
        abort(422)
    no_new = "no_new" in request.form
    values: dict[str, Any] = {"viewer": require_viewer(), "how": how, "days": number, "no_new": no_new}
    move = _moved(lambda one: backlog.take(one, key=_key(), now=clock.now(), **values))
    if how == "today":
        flash(_("Today's limit is raised: all of them are asked."))
    return redirect(url_for("study.home", moved=move.key if move.cards else None), 303)


@blueprint.post("/moved/<key>/undo")
@access(Access.LEARNER)
def undo_move(key: str) -> Response:
    """Give all cards of a move, but for those asked since, their days back."""
    try:
        undone = transact(partial(backlog.take_back, viewer=require_viewer(), key=key[:64], now=clock.now()))
    except UnknownMove:
        abort(404)
    flash(ngettext("%(num)s card has its day back.", "%(num)s cards have their days back.", undone.cards))
    return redirect(url_for("study.home"), 303)


@blueprint.route("/settings/days", methods=["GET", "POST"])
@access(Access.LEARNER)
def days() -> Response:
    """Easy days, balance and leeches; a holiday and postponing have forms of their own."""
    form = DaysForm(**DaysForm.kept(require_viewer()))
    if form.validate_on_submit():
        transact(partial(preferences.save_days, user_id=require_viewer().id, **form.wished()))
        flash(_("Saved. It acts on the answers you give from now on."))
        return redirect(url_for(".days"), 303)
    return _page(form=form)


@blueprint.post("/settings/holiday")
@access(Access.LEARNER)
def take_holiday() -> Response:
    """Have a holiday."""
    form = HolidayForm()
    if not form.validate_on_submit():
        return _page(holiday=form)
    values: dict[str, Any] = {"viewer": require_viewer(), "first": form.first.data, "last": form.last.data}
    try:
        move = _moved(lambda one: rest.take_holiday(one, key=_key(), now=clock.now(), **values))
    except rest.NoSuchHoliday:
        form.last.errors = [
            _("Choose a last day on or after the first, at most %(n)s days later, within two years.", n=rest.LONGEST)
        ]
        return _page(holiday=form)
    said = ngettext("%(num)s card comes back after it.", "%(num)s cards come back after it.", move.cards)
    flash(_("Have a good time.") + (f" {said}" if move.cards else ""))
    return redirect(url_for(".days"), 303)


@blueprint.post("/settings/holiday/end")
@access(Access.LEARNER)
def end_holiday() -> Response:
    """Call the holiday off, or end it today."""
    cards = transact(partial(rest.end_holiday, viewer=require_viewer(), now=clock.now()))
    said = ngettext("%(num)s card has its day back.", "%(num)s cards have their days back.", cards)
    flash(_("The holiday is over.") + (f" {said}" if cards else ""))
    return redirect(url_for(".days"), 303)


@blueprint.post("/settings/postpone")
@access(Access.LEARNER)
def postpone() -> Response:
    """Move the due days of one deck, or of all, so many days on."""
    form = PostponeForm(chosen_decks(session(), require_viewer()))
    if not form.validate_on_submit():
        return _page(postponing=form)
    values: dict[str, Any] = {"viewer": require_viewer(), "days": form.days.data, "deck": form.deck.data}
    try:
        move = _moved(lambda one: rest.postpone(one, key=_key(), now=clock.now(), **values))
    except rest.TooMany:
        most = format_decimal(moving.MOST_MOVED)
        form.deck.errors = [_("At most %(n)s cards are postponed at once. Choose one deck after the other.", n=most)]
        return _page(postponing=form)
    return redirect(url_for("study.home", moved=move.key if move.cards else None), 303)


def _page(
    form: DaysForm | None = None, holiday: HolidayForm | None = None, postponing: PostponeForm | None = None
) -> Response:
    person = require_viewer()
    wrong = any(one is not None and one.errors for one in (form, holiday, postponing))
    return shown(
        "study/days.html",
        422 if wrong else 200,
        area="settings",
        form=form or DaysForm(formdata=None, **DaysForm.kept(person)),
        holiday=holiday or HolidayForm(formdata=None),
        postponing=postponing or PostponeForm(chosen_decks(session(), person), formdata=None),
        person=person,
        today=study_day_of(person, clock.now()),
        key=secrets.token_hex(16),
    )


def _key() -> str:
    """The key of the form, which makes it count once."""
    key = request.form.get("key", "")
    if not _KEY.fullmatch(key):
        abort(422)
    return key


def _moved(work: Callable[[Any], Move]) -> Move:
    try:
        return transact(work)
    except KeyReused:
        raise Refusal(
            422,
            _("This page was sent already."),
            _("What it asked for first was done; this was not. Open the page again to ask for something else."),
            back=url_for("study.home"),
            back_label=_("Back to library"),
        ) from None


def moved_cards() -> Move | None:
    """The move that the address of this page says was made just now, if any card of it still has its new day."""
    key = request.args.get("moved", "")
    found = moving.moved(session(), require_viewer(), key) if _KEY.fullmatch(key) else None
    return found if found and found.cards else None


def easy_in_words(weights: str, names: dict[int, str]) -> str:
    """Which weekdays are easy: their names in order, or that none is."""
    easy = [names[day] for day, weight in enumerate(weights) if weight != "2"]
    return ", ".join(easy) if easy else str(_("none"))


blueprint.add_app_template_global(moved_cards, "moved_cards")
blueprint.add_app_template_filter(easy_in_words, "easy_in_words")
