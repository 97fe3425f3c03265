"""Two cards made of one, one of two, and the way back."""

from functools import partial

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin import saving
from app.admin.forms import JoinForm, SplitForm
from app.admin.views.blueprint import (
    blueprint,
    changed_meanwhile,
    found_card,
    is_private,
    no_room_for_cards,
    own_thing,
    settings,
)
from app.library import edit_queries, history, own, parting
from app.library.edit_queries import EditedCard
from app.library.editing import Conflict, NotThere
from app.library.own import TooManyCards
from app.library.parting import NotTogether, StillOpen
from app.library.views.previewing import Preview
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.route("/cards/<guid>/split", methods=["GET", "POST"])
@access(Access.EDITOR, of=own_thing)
def split_card(guid: str) -> Response:
    """Make two cards of one; the editor says which half keeps the history."""
    card = found_card(guid)
    form = SplitForm(card.text, card.version)
    if not form.validate_on_submit():
        return shown("admin/split.html", 422 if form.errors else 200, area="edit", card=card, deck=card.deck, form=form)
    first, second = form.texts()
    work = partial(
        partial(own.split_card, most=settings().own_cards) if is_private(card.deck) else parting.split_card,
        guid=guid,
        version=form.version.data,
        first=first,
        second=second,
        history=form.history.data,
        author_id=require_viewer().id,
        now=clock.now(),
        note=form.note.data or _("Split in two"),
    )
    try:
        made = transact(work)
    except Conflict:
        card = found_card(guid)
        if card.archived_at is not None or not _saved_by_another(card):
            changed_meanwhile("edit.card", guid=guid)
        form.version.data = card.version
        return shown("admin/split.html", 409, area="edit", card=card, deck=card.deck, form=form, stale=True)
    except NotThere:
        abort(404)
    except TooManyCards:
        form.question.errors = [no_room_for_cards()]
        return shown("admin/split.html", 409, area="edit", card=card, deck=card.deck, form=form)
    flash(_("Split. The history of those who learn it is the %(half)s question's.", half=form.half))
    return redirect(url_for("edit.card", guid=made[0].guid), 303)


@blueprint.route("/cards/<guid>/join", methods=["GET", "POST"])
@access(Access.EDITOR, of=own_thing)
def join_cards(guid: str) -> Response:
    """Make one card of this one and another of its deck; both histories go to the one that lives on."""
    card, other = found_card(guid), _other(found_card(guid))
    form = JoinForm(card, other)
    if not form.validate_on_submit():
        return _join_page(card, other, form)
    lives, goes = (card, other) if form.lives.data == "first" else (other, card)
    versions = {card.guid: form.version.data, other.guid: form.other_version.data}
    work = partial(
        saving.join_cards,
        guid=lives.guid,
        version=versions[lives.guid],
        other=goes.guid,
        other_version=versions[goes.guid],
        text=form.text(lives.text, goes.text),
        author_id=require_viewer().id,
        now=clock.now(),
        note=form.note.data or _("Joined with “%(question)s”", question=goes.text.question[:200]),
    )
    try:
        transact(work)
    except Conflict:
        card, other = found_card(guid), found_card(other.guid)
        if not (_saved_by_another(card) or _saved_by_another(other)):
            changed_meanwhile("edit.join_cards", guid=guid, number=other.number)
        form.version.data, form.other_version.data = card.version, other.version
        return _join_page(card, other, form, stale=True)
    except (NotTogether, StillOpen, NotThere) as error:
        raise _refused(error, guid) from error
    flash(_("Joined. Whoever learned either of them goes on with both histories. You can part them again below."))
    return redirect(url_for("edit.card", guid=lives.guid), 303)


@blueprint.post("/cards/<guid>/part")
@access(Access.EDITOR, of=own_thing)
def part_card(guid: str) -> Response:
    """Let a card that was joined to this one be a card of its own again."""
    found_card(guid)
    work = partial(
        saving.part_card,
        guid=request.form.get("other", "")[:64],
        from_guid=guid,
        author_id=require_viewer().id,
        now=clock.now(),
        note=_("Parted again"),
    )
    try:
        parted = transact(work)
    except Conflict:
        changed_meanwhile("edit.card", guid=guid)
    except NotThere:
        abort(404)
    flash(_("Parted. Each has its own history again. The other question keeps its text: see its versions."))
    return redirect(url_for("edit.card", guid=parted.guid), 303)


def _saved_by_another(card: EditedCard) -> bool:
    """Whether it was another person who saved the present version; one's own is a form that was sent twice."""
    last = history.last_save(session(), card.id, require_viewer().id)
    return last is not None and last.by != "you"


def _other(card: EditedCard) -> EditedCard:
    """The card that the address names by its number, or a word about why it cannot be that one."""
    number = request.args.get("number", "").strip()
    if not number:
        abort(redirect(url_for("edit.card", guid=card.guid, _anchor="parts")))
    found = number.isascii() and number.isdigit() and len(number) < 7 and int(number) > 0
    other = edit_queries.guid_of_number(session(), card.deck.id, int(number)) if found else None
    if other is None or other == card.guid or card.archived_at is not None:
        raise _refused(NotTogether(), card.guid)
    return found_card(other)


def _refused(error: Exception, guid: str) -> Refusal:
    remedy = _("Enter the number of another question of this deck that is not archived. Nothing was changed.")
    if isinstance(error, StillOpen):
        remedy = _("An import has left something open about one of them: decide that first. Nothing was changed.")
    here = url_for("edit.card", guid=guid)
    return Refusal(409, _("These two cannot be joined"), remedy, back=here, back_label=_("Back to the question"))


def _join_page(card: EditedCard, other: EditedCard, form: JoinForm, *, stale: bool = False) -> Response:
    previews = [Preview(one.text, one.rendered, one.deck.id) for one in (card, other)]
    return shown(
        "admin/join.html",
        409 if stale else 422 if form.errors else 200,
        area="edit",
        stale=stale,
        card=card,
        other=other,
        deck=card.deck,
        form=form,
        previews=previews,
    )
