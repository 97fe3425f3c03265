"""Suggesting a correction, and what became of those one sent."""

from datetime import datetime, timedelta
from functools import partial

from flask import abort, flash, redirect, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.content.document import CardText
from app.library import editing, history, suggestion_queries, suggestions
from app.library.editing import NotThere
from app.library.forms import SuggestionForm
from app.library.history import Changed
from app.library.suggestions import MOST_A_DAY, MOST_OPEN, Decided, SuggestedCard, TooMany
from app.library.views.blueprint import blueprint
from app.library.views.previewing import Preview
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.limits import limiter
from app.web.pages import shown, wants_fragment
from app.web.redirects import safe_next
from app.web.sessions import require_viewer

NEWS_FOR = timedelta(days=14)
"""How long the first page says that a suggestion was decided, unless its learner looks before."""


@blueprint.route("/cards/<guid>/suggest", methods=["GET", "POST"])
@access(Access.LEARNER)
def suggest(guid: str) -> Response:
    """Suggest a better text of a card, or say what is wrong with it."""
    card = _card(guid)
    if card.may_edit:
        return redirect(url_for("edit.card", guid=guid), 303)
    form = _form(card)
    if not form.validate_on_submit():
        return _page(card, form, 422 if form.errors else 200)
    work = partial(
        suggestions.send,
        card=card,
        viewer=require_viewer(),
        version=form.version.data,
        text=form.text() if form.kind.data == "text" else None,
        remark=form.note.data or "",
        credited=form.credited.data,
        now=clock.now(),
    )
    try:
        transact(work)
    except TooMany as error:
        return _page(card, form, 409, full=error.limit)
    flash(_("Your suggestion is sent. What becomes of it stands under Settings, “Your suggestions”."))
    return redirect(safe_next(form.next.data, url_for(".own_suggestions")), 303)


@blueprint.post("/cards/<guid>/suggest/preview")
@access(Access.LEARNER)
@limiter.limit("600/minute")
def preview_suggestion(guid: str) -> Response:
    """What learners would see of the text in the form. Nothing is sent."""
    card = _card(guid)
    form = _form(card)
    form.validate()
    return _page(card, form, 200, looked=True)


@blueprint.get("/suggestions")
@access(Access.LEARNER)
def own_suggestions() -> Response:
    """What one suggested, and what became of it."""
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    found = suggestion_queries.own(session(), require_viewer(), page=page)
    cookie["decided"] = clock.now().isoformat()
    return shown("library/suggestions.html", area="settings", found=found)


@blueprint.post("/suggestions/<guid>/withdraw")
@access(Access.LEARNER)
def withdraw_suggestion(guid: str) -> Response:
    """Take a suggestion back that nobody has decided yet."""
    try:
        transact(partial(suggestions.withdraw, guid=guid, viewer=require_viewer(), now=clock.now()))
    except NotThere:
        abort(404)
    except Decided:
        raise Refusal(
            409,
            _("It is decided already"),
            _("Nothing was changed. What became of it stands beside it."),
            back=url_for(".own_suggestions"),
            back_label=_("To your suggestions"),
        ) from None
    flash(_("Your suggestion is withdrawn."))
    return redirect(url_for(".own_suggestions"), 303)


def decided_unseen() -> int:
    """How many suggestions were decided lately, since this browser showed what became of them."""
    since = clock.now() - NEWS_FOR
    if "decided" in cookie:
        since = max(since, datetime.fromisoformat(cookie["decided"]))
    return suggestion_queries.lately_decided(session(), require_viewer(), since=since)


def _card(guid: str) -> SuggestedCard:
    card = suggestions.suggestable(session(), guid, require_viewer())
    return card if card is not None else abort(404)


def _form(card: SuggestedCard) -> SuggestionForm:
    """The form on the version that it was started on: somebody may have saved another one meanwhile."""
    started = request.form.get("version", "")
    version = int(started) if started.isascii() and started.isdigit() and len(started) < 10 else card.version
    base = card.text if version == card.version else history.card_version(session(), card.id, version)
    form = SuggestionForm(base or card.text, version=version, back=request.args.get("next", ""))
    form.version.data = version if base else card.version
    return form


def _page(card: SuggestedCard, form: SuggestionForm, status: int, *, full: str = "", looked: bool = False) -> Response:
    sent = request.method == "POST"
    text = form.text()
    rendered = None if sent and form.too_large else editing.render_for(session(), card.deck_id, text)
    preview = Preview(text, rendered, card.deck_id)
    changes = _changes(form.base, text) if sent and form.kind.data == "text" else ()
    if wants_fragment():
        return shown("library/_suggested.html", status, preview=preview, changes=changes)
    person = require_viewer()
    waiting, lately, on_card = suggestions.used(session(), person.id, card.id, clock.now())
    return shown(
        "library/suggest.html",
        status,
        area="library",
        card=card,
        form=form,
        preview=preview,
        changes=changes,
        full=full,
        looked=looked,
        waiting=waiting,
        lately=lately,
        on_card=on_card,
        most_open=MOST_OPEN,
        most_a_day=MOST_A_DAY,
        learner=history.learner_name(person.guid),
        back=safe_next(form.next.data, url_for("study.deck", slug=card.deck_slug, card=card.guid)),
    )


def _changes(base: CardText, text: CardText) -> tuple[Changed, ...]:
    return history.compared(history.card_fields(base), history.card_fields(text))


blueprint.add_app_template_global(decided_unseen, "decided_unseen")
