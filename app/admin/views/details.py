"""What readers are told about a deck: changing it, its versions, archiving."""

from collections.abc import Callable
from functools import partial

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin.forms import MAX_NOTE, DeckForm
from app.admin.views.blueprint import (
    blueprint,
    changed_meanwhile,
    found_deck,
    is_private,
    own_thing,
    settings,
    too_many_decks,
)
from app.library import deck_editing, history, own
from app.library.deck_editing import SavedDeck
from app.library.edit_queries import EditedDeck
from app.library.editing import Conflict, NotThere
from app.library.own import TooManyDecks
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.route("/decks/<slug>/details", methods=["GET", "POST"])
@access(Access.EDITOR, of=own_thing)
def details(slug: str) -> Response:
    """Change a deck's own fields."""
    deck = found_deck(slug)
    form = DeckForm(kept=deck.fields, version=deck.version)
    if not form.validate_on_submit():
        return _page(deck, form, 422 if form.errors else 200)
    work = partial(
        deck_editing.edit_deck,
        slug=slug,
        version=form.version.data,
        fields=form.fields(),
        author_id=require_viewer().id,
        now=clock.now(),
        note=form.note.data or "",
    )
    try:
        saved = transact(work)
    except Conflict:
        return _conflict(slug, form)
    except NotThere:
        abort(404)
    flash(
        _("Saved as version %(n)s.", n=saved.version)
        if saved.changed
        else _("Nothing was different: nothing is saved.")
    )
    return redirect(url_for("edit.deck", slug=slug), 303)


def _page(deck: EditedDeck, form: DeckForm, status: int, **values: object) -> Response:
    versions = history.deck_history(
        session(), deck.id, require_viewer().id, everything=request.args.get("versions") == "all"
    )
    return shown("admin/deck_form.html", status, area="edit", deck=deck, form=form, history=versions, **values)


def _conflict(slug: str, form: DeckForm) -> Response:
    """Both sets of fields; what was typed stays in the form, and saving it again is a decision."""
    deck = found_deck(slug)
    form.version.data = deck.version
    theirs, mine = history.deck_fields(deck.fields), history.deck_fields(form.fields())
    conflict = history.last_deck_save(session(), deck.id, require_viewer().id)
    return _page(deck, form, 409, conflict=conflict, differences=history.compared(theirs, mine, whole=True))


@blueprint.post("/decks/<slug>/archive")
@access(Access.EDITOR, of=own_thing)
def archive_deck(slug: str) -> Response:
    """Take a deck out of study and reading."""
    _change(slug, deck_editing.archive_deck)
    flash(
        _(
            "Archived. Learners no longer see the deck; its questions and their history are kept. You can restore it here."
        )
    )
    return redirect(url_for("edit.details", slug=slug), 303)


@blueprint.post("/decks/<slug>/restore")
@access(Access.EDITOR, of=own_thing)
def restore_deck(slug: str) -> Response:
    """Bring an archived deck back."""
    private = is_private(found_deck(slug))
    try:
        _change(slug, partial(own.restore_deck, most=settings().own_decks) if private else deck_editing.restore_deck)
    except TooManyDecks:
        raise too_many_decks() from None
    flash(_("Restored. Learners see the deck again, with the history they had."))
    return redirect(url_for("edit.details", slug=slug), 303)


def _change(slug: str, change: Callable[..., SavedDeck]) -> None:
    note = " ".join(request.form.get("note", "")[:MAX_NOTE].replace("\0", " ").split())
    try:
        transact(partial(change, slug=slug, author_id=require_viewer().id, now=clock.now(), note=note))
    except NotThere:
        abort(404)


@blueprint.post("/decks/<slug>/versions/<int(max=1000000):number>")
@access(Access.EDITOR, of=own_thing)
def revert_deck(slug: str, number: int) -> Response:
    """Save the fields that an older version had."""
    work = partial(
        deck_editing.revert_deck,
        slug=slug,
        version=request.form.get("version", 0, type=int),
        number=number,
        author_id=require_viewer().id,
        now=clock.now(),
        note=_("Back to version %(n)s", n=number),
    )
    try:
        saved = transact(work)
    except Conflict:
        changed_meanwhile("edit.details", slug=slug)
    except NotThere:
        abort(404)
    flash(_("Version %(old)s is back, as version %(n)s.", old=number, n=saved.version))
    return redirect(url_for("edit.details", slug=slug), 303)
