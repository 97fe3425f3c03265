"""The editor of one card: its text, beside it what learners will see."""

from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.admin import saving
from app.admin.forms import CardForm, MoveForm
from app.admin.saving import Outcome
from app.admin.views.blueprint import (
    blueprint,
    found_card,
    found_deck,
    is_private,
    no_room_for_cards,
    own_thing,
    settings,
)
from app.content.document import CardText
from app.library import edit_queries, editing, history, own, suggestion_queries
from app.library.edit_queries import EditedCard, EditedDeck
from app.library.editing import Conflict, NotThere
from app.library.history import Changed
from app.library.own import TooManyCards
from app.library.suggestions import Decided
from app.library.views.previewing import Preview
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown, wants_fragment
from app.web.sessions import require_viewer

PREVIEWS = "600/minute"
"""One a pause in typing is far fewer; each costs a rendering."""


@blueprint.route("/cards/<guid>", methods=["GET", "POST"])
@access(Access.EDITOR, of=own_thing)
def card(guid: str) -> Response:
    """Change a card."""
    card = found_card(guid)
    form = card_form(card)
    if not form.validate_on_submit():
        if form.errors:
            return card_page(card, form, 422, preview_of(form, card.deck.id), unsaved=True)
        return _to_amend(card, form) or card_page(card, form, 200, Preview(card.text, card.rendered, card.deck.id))
    values = {
        "guid": guid,
        "version": form.version.data,
        "text": form.text(),
        "ask_again": form.ask_again.data,
        "now": clock.now(),
        "note": form.note.data or "",
    }
    person, suggestion = require_viewer(), form.suggestion.data
    if suggestion:
        work = partial(saving.save_amended, suggestion=suggestion, viewer=person, **values)
    else:
        work = partial(saving.save_card, author_id=person.id, **values)
    try:
        outcome = transact(work)
    except Conflict:
        return _conflict(guid, form)
    except Decided:
        form.suggestion.data = ""
        return card_page(card, form, 409, preview_of(form, card.deck.id), unsaved=True, late=True)
    except NotThere:
        abort(404)
    flash(_said(outcome, form))
    return redirect(url_for("edit.suggestions") if suggestion else url_for("edit.card", guid=guid), 303)


@blueprint.post("/cards/<guid>/preview")
@access(Access.EDITOR, of=own_thing)
@limiter.limit(PREVIEWS)
def preview(guid: str) -> Response:
    """What learners would see of the text in the form. Nothing is saved."""
    card = found_card(guid)
    form = card_form(card)
    form.validate()
    return card_page(card, form, 200, preview_of(form, card.deck.id), unsaved=True)


@blueprint.post("/cards/<guid>/merge")
@access(Access.EDITOR, of=own_thing)
def merge(guid: str) -> Response:
    """Put the text in the form and the one that was saved meanwhile together. Nothing is saved."""
    card = found_card(guid)
    form = card_form(card)
    if not form.validate():
        return card_page(card, form, 422, preview_of(form, card.deck.id), unsaved=True)
    mine = form.text()
    both, collide = history.merged(session(), card.id, form.started.data, ours=mine, theirs=card.text)
    form.show(both, card.version)
    preview = Preview(both, editing.render_for(session(), card.deck.id, both), card.deck.id)
    differences = _differences(card, mine) if collide else ()
    return card_page(card, form, 200, preview, unsaved=True, merged=True, differences=differences)


@blueprint.route("/decks/<slug>/cards/new", methods=["GET", "POST"])
@access(Access.EDITOR, of=own_thing)
def new_card(slug: str) -> Response:
    """Add a card to a deck."""
    deck = found_deck(slug)
    form = CardForm(sections=edit_queries.sections(session(), deck.id))
    if request.method == "GET":
        form.section.data = request.args.get("section", "")
    if not form.validate_on_submit():
        return new_card_page(deck, form, 422 if form.errors else 200, unsaved=bool(form.errors))
    work = partial(
        partial(own.create_card, most=settings().own_cards) if is_private(deck) else editing.create_card,
        slug=slug,
        text=form.text(),
        author_id=require_viewer().id,
        now=clock.now(),
        note=form.note.data or "",
    )
    try:
        made = transact(work)
    except NotThere:
        abort(404)
    except TooManyCards:
        form.question.errors = [no_room_for_cards()]
        return new_card_page(deck, form, 409, unsaved=True)
    flash(_("The question is added."))
    if request.form.get("then") == "another":
        return redirect(url_for("edit.new_card", slug=slug, section=form.section.data or None, added=made.guid), 303)
    return redirect(url_for("edit.card", guid=made.guid), 303)


@blueprint.post("/decks/<slug>/cards/preview")
@access(Access.EDITOR, of=own_thing)
@limiter.limit(PREVIEWS)
def preview_new(slug: str) -> Response:
    """What learners would see of a new card. Nothing is saved."""
    deck = found_deck(slug)
    form = CardForm(sections=edit_queries.sections(session(), deck.id))
    form.validate()
    return new_card_page(deck, form, 200, unsaved=True)


def _to_amend(card: EditedCard, form: CardForm) -> Response | None:
    """The editor with the text of the suggestion that the address names, put together with the present one."""
    found = suggestion_queries.one(session(), require_viewer(), request.args.get("suggestion", ""))
    if found is None or found.card_guid != card.guid or found.state != "waiting":
        return None
    if found.fit is not None:
        form.show(found.fit.text, card.version)
    form.suggestion.data = found.guid
    form.note.data = _("From a suggestion")
    return card_page(card, form, 200, preview_of(form, card.deck.id), unsaved=True)


def preview_of(form: CardForm, deck_id: int) -> Preview:
    """The form's text, rendered by what a save would render it with."""
    text = form.text()
    return Preview(text, None if form.too_large else editing.render_for(session(), deck_id, text), deck_id)


def card_form(card: EditedCard) -> CardForm:
    """The form of a card, as it is stored or as it was sent."""
    return CardForm(sections=edit_queries.sections(session(), card.deck.id), kept=card.text, version=card.version)


def card_page(card: EditedCard, form: CardForm, status: int, preview: Preview, **values: Any) -> Response:
    """The page of a card, or its preview alone."""
    if wants_fragment():
        return shown("admin/_preview.html", status, preview=preview)
    versions = history.card_history(
        session(), card.id, require_viewer().id, everything=request.args.get("versions") == "all"
    )
    decks = edit_queries.open_decks(session(), require_viewer(), private=is_private(card.deck))
    move = MoveForm(
        decks,
        formdata=None,
        deck=card.deck.slug,
        number=str(card.number),
    )
    form.add_rows()
    return shown(
        "admin/card.html",
        status,
        area="edit",
        card=card,
        deck=card.deck,
        form=form,
        preview=preview,
        history=versions,
        move=move,
        joined=edit_queries.joined_to(session(), card.id),
        suggested=suggestion_queries.one(session(), require_viewer(), form.suggestion.data or ""),
        **values,
    )


def new_card_page(deck: EditedDeck, form: CardForm, status: int, *, unsaved: bool, **values: Any) -> Response:
    """The page of a card that is not added yet, or its preview alone."""
    preview = preview_of(form, deck.id)
    if wants_fragment():
        return shown("admin/_preview.html", status, preview=preview)
    form.add_rows()
    return shown(
        "admin/card.html",
        status,
        area="edit",
        card=None,
        deck=deck,
        form=form,
        preview=preview,
        unsaved=unsaved,
        **values,
    )


def _conflict(guid: str, form: CardForm) -> Response:
    """Both texts, field by field; what was typed stays in the form, and saving it again is a decision."""
    card, mine, person = found_card(guid), form.text(), require_viewer()
    form.started.data = form.started.data or form.version.data
    form.version.data = card.version
    return card_page(
        card,
        form,
        409,
        preview_of(form, card.deck.id),
        unsaved=True,
        conflict=history.last_save(session(), card.id, person.id),
        differences=_differences(card, mine),
    )


def _differences(card: EditedCard, mine: CardText) -> tuple[Changed, ...]:
    """What is typed, beside what was saved meanwhile."""
    return history.compared(history.card_fields(card.text), history.card_fields(mine), whole=True)


def _said(outcome: Outcome, form: CardForm) -> str:
    """What came of a save, in a sentence or two."""
    if outcome.saved.changed:
        said = str(_("Saved as version %(n)s.", n=outcome.saved.version))
    else:
        said = str(_("Nothing was different: nothing is saved."))
    if form.ask_again.data and not outcome.asked:
        return f"{said} {_('Nobody has learned it yet, so nobody is asked again.')}"
    if form.ask_again.data:
        asked = ngettext(
            "%(num)s learner who knows it is asked again today.",
            "%(num)s learners who know it are asked again today.",
            outcome.asked,
        )
        return f"{said} {asked}"
    return f"{said} {_('Every learner keeps their schedule.')}" if outcome.saved.changed else said
