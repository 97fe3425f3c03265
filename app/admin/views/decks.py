"""Decks to edit: the list, the cards of one, and making one."""

from functools import partial

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin.forms import DeckForm
from app.admin.views.blueprint import SHOWS, blueprint, found_deck, wish
from app.library import deck_editing, edit_queries
from app.library.deck_editing import SlugTaken
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("")
@access(Access.EDITOR)
def decks() -> Response:
    """All decks, and a search over all their cards."""
    wanted = wish()
    found = edit_queries.cards(session(), **wanted)
    return shown(
        "admin/decks.html", area="edit", decks=edit_queries.decks(session()), found=found, shows=SHOWS, **wanted
    )


@blueprint.get("/decks/<slug>")
@access(Access.EDITOR)
def deck(slug: str) -> Response:
    """The cards of one deck, to search and to open."""
    deck = found_deck(slug)
    wanted = wish()
    found = edit_queries.cards(session(), deck_id=deck.id, **wanted)
    return shown("admin/deck.html", area="edit", deck=deck, found=found, shows=SHOWS, **wanted)


@blueprint.route("/decks/new", methods=["GET", "POST"])
@access(Access.EDITOR)
def new_deck() -> Response:
    """Make a deck from nothing."""
    form = DeckForm()
    if form.validate_on_submit():
        work = partial(deck_editing.create_deck, fields=form.fields(), author_id=require_viewer().id, now=clock.now())
        try:
            made = transact(work)
        except SlugTaken:
            made = transact(work)
        flash(_("The deck is made. Learners see it as soon as it has a question."))
        return redirect(url_for("edit.new_card", slug=made.slug), 303)
    return shown("admin/deck_form.html", 422 if form.errors else 200, area="edit", form=form, deck=None)
