"""Images that are put into a card while it is written: by script into the text at the cursor, or with the whole form."""

from functools import partial

from flask import Response as FlaskResponse
from flask import abort, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin.forms import MAX_ALT, CardForm
from app.admin.views.blueprint import blueprint, found_card, found_deck, own_thing
from app.admin.views.cards import card_form, card_page, new_card_page, preview_of
from app.library import edit_queries, pictures
from app.library.editing import NotThere
from app.library.pictures import NotAPicture
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import wants_fragment

IMAGES = "60/minute"


@blueprint.post("/cards/<guid>/image")
@access(Access.EDITOR, of=own_thing)
@limiter.limit(IMAGES)
def add_image(guid: str) -> Response:
    """Keep an image for the card's deck; the form comes back with it in the answer. Nothing else is saved."""
    card = found_card(guid)
    markdown, problem = _taken(card.deck.slug)
    if wants_fragment():
        return _said(markdown, problem)
    form = card_form(card)
    form.validate()
    _into(form, markdown)
    return card_page(
        card, form, 422 if problem else 200, preview_of(form, card.deck.id), unsaved=True, image_problem=problem
    )


@blueprint.post("/decks/<slug>/cards/image")
@access(Access.EDITOR, of=own_thing)
@limiter.limit(IMAGES)
def add_image_new(slug: str) -> Response:
    """The same for a card that is not added yet."""
    deck = found_deck(slug)
    markdown, problem = _taken(slug)
    if wants_fragment():
        return _said(markdown, problem)
    form = CardForm(sections=edit_queries.sections(session(), deck.id))
    form.validate()
    _into(form, markdown)
    return new_card_page(deck, form, 422 if problem else 200, unsaved=True, image_problem=problem)


def _taken(slug: str) -> tuple[str, str]:
    """The Markdown of the image that the form brings, or what is wrong with it."""
    file = request.files.get("image")
    if file is None or not file.filename:
        return "", str(_("Choose an image first."))
    try:
        made = pictures.remade(file.stream.read(pictures.MAX_BYTES + 1))
    except NotAPicture as error:
        return "", _problem(error.reason)
    try:
        path = transact(partial(pictures.add, slug=slug, made=made, filename=file.filename, now=clock.now()))
    except NotThere:
        abort(404)
    return pictures.markdown(path, request.form.get("alt", "")[:MAX_ALT].replace("\0", " ")), ""


def _problem(reason: str) -> str:
    problems = {
        "kind": _("This is no image that can be shown. Choose a PNG, JPEG, WebP or GIF file."),
        "size": _("This image has too many bytes. Make it smaller, then add it again."),
        "pixels": _("This image has too many pixels: at most 40 million are read. Make it smaller, then add it again."),
        "broken": _("This image is damaged and cannot be read. Save it anew, then add it again."),
    }
    return str(problems[reason])


def _said(markdown: str, problem: str) -> Response:
    return FlaskResponse(problem or markdown, 422 if problem else 200, mimetype="text/plain")


def _into(form: CardForm, markdown: str) -> None:
    if markdown:
        form.answer.data = f"{form.answer.data or ''}\n\n{markdown}".strip("\n")
