"""A learner's own note on a card."""

from functools import partial

from flask import abort, flash, make_response, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.study import notes
from app.study.forms import NoteForm
from app.study.notes import Newer, NotedCard
from app.study.service import UnknownCard
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown, wants_fragment
from app.web.redirects import safe_next
from app.web.sessions import require_viewer


@blueprint.route("/cards/<guid>/note", methods=["GET", "POST"])
@access(Access.LEARNER)
def note(guid: str) -> Response:
    """Write a note on a card, change it, or take it away."""
    card = _card(guid)
    form = NoteForm(card.note, back=request.args.get("next", ""))
    if not form.validate_on_submit():
        return _page(card, form, 422 if form.errors else 200)
    work = partial(
        notes.save,
        viewer=require_viewer(),
        card_id=card.id,
        version=form.version.data,
        text=form.note.data,
        now=clock.now(),
    )
    try:
        transact(work)
    except Newer:
        card = _card(guid)
        form.version.data = card.note.version
        return _page(card, form, 409, newer=True)
    if wants_fragment():  # saved in passing, by a script that is with the next card already
        return make_response("")
    flash(_("Your note is saved.") if form.note.data else _("Your note is removed."))
    return redirect(_back(card, form), 303)


def _card(guid: str) -> NotedCard:
    try:
        return notes.noted(session(), require_viewer(), guid)
    except UnknownCard:
        abort(404)


def _back(card: NotedCard, form: NoteForm) -> str:
    default = url_for(".deck", slug=card.deck_slug, card=card.guid, _anchor=f"q-{card.guid}")
    return safe_next(form.next.data, default)


def _page(card: NotedCard, form: NoteForm, status: int, *, newer: bool = False) -> Response:
    back = _back(card, form)
    return shown("study/note.html", status, area="library", card=card, form=form, back=back, newer=newer)
