"""Decks to edit: the list, the cards of one, and making one."""

from functools import partial

from flask import flash, g, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin.forms import DeckForm
from app.admin.views.blueprint import (
    blueprint,
    found_deck,
    listed,
    may_make,
    own_thing,
    settings,
    shows,
    too_many_decks,
    wish,
)
from app.library import deck_editing, edit_queries, own
from app.library.deck_editing import SavedDeck, SlugTaken
from app.library.own import TooManyDecks
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("")
@access(Access.LEARNER, of=may_make)
def decks() -> Response:
    """All decks that one may change, and a search over all their cards."""
    wanted, person = wish(), require_viewer()
    decks = edit_queries.decks(session(), person)
    counts = sum(deck.drafts for deck in decks), sum(deck.archived for deck in decks)
    found = edit_queries.cards(session(), person, counts=counts, **listed(wanted))
    return shown("admin/decks.html", area="edit", decks=decks, found=found, shows=shows(), **wanted)


@blueprint.get("/decks/<slug>")
@access(Access.EDITOR, of=own_thing)
def deck(slug: str) -> Response:
    """The cards of one deck, to search and to open."""
    deck = found_deck(slug)
    wanted = wish()
    found = edit_queries.cards(session(), require_viewer(), deck_id=deck.id, **listed(wanted))
    return shown("admin/deck.html", area="edit", deck=deck, found=found, shows=shows(), **wanted)


@blueprint.route("/decks/new", methods=["GET", "POST"])
@access(Access.LEARNER, of=may_make)
def new_deck() -> Response:
    """Make a deck from nothing; a learner's is private."""
    form = DeckForm(shared=require_viewer().is_editor)
    if form.validate_on_submit():
        private = form.visibility.data == "private"
        made = _made_private(form) if private else _made(form)
        if private:
            flash(_("The deck is made, for you alone. Write a question, or paste a whole document."))
            return redirect(url_for("edit.deck", slug=made.slug), 303)
        flash(_("The deck is made. Learners see it as soon as it has a question."))
        return redirect(url_for("edit.new_card", slug=made.slug), 303)
    return shown("admin/deck_form.html", 422 if form.errors else 200, area="edit", form=form, deck=None)


def _made(form: DeckForm) -> SavedDeck:
    work = partial(deck_editing.create_deck, fields=form.fields(), author_id=require_viewer().id, now=clock.now())
    try:
        return transact(work)
    except SlugTaken:
        return transact(work)


def _made_private(form: DeckForm) -> SavedDeck:
    g.private = True
    most = settings().own_decks
    work = partial(own.make_deck, fields=form.fields(), owner_id=require_viewer().id, most=most, now=clock.now())
    try:
        return transact(work)
    except TooManyDecks:
        raise too_many_decks() from None
