"""What happens to a card as a whole: archiving, restoring, moving, going back to an older version."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin.forms import MAX_NOTE, MoveForm
from app.admin.views.blueprint import blueprint, changed_meanwhile, found_card, is_private, own_thing
from app.library import edit_queries, editing
from app.library.editing import Conflict, NotThere, PlaceIsGiven, Saved
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.sessions import require_viewer


@blueprint.post("/cards/<guid>/archive")
@access(Access.EDITOR, of=own_thing)
def archive_card(guid: str) -> Response:
    """Take a card out of study and reading."""
    _change(editing.archive_card, guid=guid, note=_note())
    flash(_("Archived. Learners no longer see the question; their history is kept. You can restore it here."))
    return redirect(url_for("edit.card", guid=guid), 303)


@blueprint.post("/cards/<guid>/restore")
@access(Access.EDITOR, of=own_thing)
def restore_card(guid: str) -> Response:
    """Bring an archived card back."""
    _change(editing.restore_card, guid=guid, note=_note())
    flash(_("Restored. Learners see the question again, with the history they had."))
    return redirect(url_for("edit.card", guid=guid), 303)


@blueprint.post("/cards/<guid>/move")
@access(Access.EDITOR, of=own_thing)
def move_card(guid: str) -> Response:
    """Give a card another place, in its deck or in another one."""
    card = found_card(guid)
    decks = edit_queries.open_decks(session(), require_viewer(), private=is_private(card.deck))
    form = MoveForm(decks)
    here = url_for("edit.card", guid=guid)
    if not form.validate():
        raise Refusal(
            422,
            _("That is no place for a question"),
            _("Choose a deck and a number from 1. Nothing was changed."),
            back=here,
            back_label=_("Back to the question"),
        )
    title = dict(decks)[form.deck.data]
    note = _("To “%(deck)s”, question %(n)s", deck=title, n=form.number.data)
    try:
        saved = _change(
            editing.move_card, guid=card.guid, slug=form.deck.data, number=form.number.data, note=note[:MAX_NOTE]
        )
    except PlaceIsGiven:
        raise Refusal(
            409,
            _("A document decides where this question stands"),
            _("Move it in the document and import that again. Nothing was changed."),
            back=here,
            back_label=_("Back to the question"),
        ) from None
    flash(_("Moved.") if saved.changed else _("It stands there already."))
    return redirect(here, 303)


@blueprint.post("/cards/<guid>/versions/<int(max=1000000):number>")
@access(Access.EDITOR, of=own_thing)
def revert_card(guid: str, number: int) -> Response:
    """Save the text that an older version had."""
    saved = _change(
        editing.revert_card,
        guid=guid,
        version=request.form.get("version", 0, type=int),
        number=number,
        note=_("Back to version %(n)s", n=number),
    )
    if saved.changed:
        flash(_("Version %(old)s is back, as version %(n)s.", old=number, n=saved.version))
    else:
        flash(_("The text is the same as in version %(old)s already.", old=number))
    return redirect(url_for("edit.card", guid=guid), 303)


def _note() -> str:
    return " ".join(request.form.get("note", "")[:MAX_NOTE].replace("\0", " ").split())


def _change(change: Callable[..., Saved], *, guid: str, **values: Any) -> Saved:
    work: Callable[[Any], Saved] = partial(change, guid=guid, author_id=require_viewer().id, now=clock.now(), **values)
    found_card(guid)
    try:
        return transact(work)
    except NotThere:
        abort(404)
    except Conflict:
        changed_meanwhile("edit.card", guid=guid)
