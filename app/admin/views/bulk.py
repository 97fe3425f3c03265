"""Many questions at once: chosen in a list, changed on a page of their own, undone as a whole."""

from collections.abc import Sequence
from functools import partial
from typing import Any, get_args

from flask import abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.admin.bulk_forms import BulkForm
from app.admin.views.blueprint import blueprint, listed, may_make, wish
from app.admin.views.exports import download
from app.library import bulk, bulk_undo, edit_queries
from app.library.bulk import MOST, Action, Chosen, Done
from app.library.editing import NotThere
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.pages import shown
from app.web.sessions import Viewer, require_viewer

NAMED = 20
"""Questions that a page names; of more it says how many."""
LEFT = {
    "full": _l("has as many tags as a question can have"),
    "private": _l("no question moves between private decks and others"),
    "document": _l("a document decides in which deck it is: move it there, and import that again"),
}
"""Why a question was left as it was."""


def _is_ours(person: Viewer) -> bool:
    """Whether the change that the address names is this person's business."""
    return bulk_undo.find(session(), person, (request.view_args or {})["guid"]) is not None


def _list_if_export() -> str:
    """The list in which an export was asked for; what else is asked for has a page of its own."""
    return _list_address() if request.args.get("what") == "export" else ""


@blueprint.route("/bulk", methods=["GET", "POST"], endpoint="bulk")
@access(Access.LEARNER, of=may_make, offered_on=_list_if_export)
def change() -> Response:
    """Say what to do with the questions that were ticked in a list, or with all that it found; then it is done."""
    g.private = True  # what is shared of it, the service notes
    what = request.values.get("what", "")
    some = _chosen()
    if what not in (*get_args(Action), "export") or not some:
        flash(_("No question is ticked. Tick some in the list, or all of them below it."), "warn")
        return redirect(_list_address(), 303)
    if what == "export":
        exported = bulk.export(session(), require_viewer(), [one.guid for one in some])
        return abort(404) if exported is None else download(exported)
    action: Action = what  # type: ignore[assignment]  # it is one of them
    form = BulkForm(action, _decks(some), len(some))
    if request.method == "POST" and form.validate() and form.seen.data == len(some):
        return _done(form, some)
    stale = request.method == "POST" and not form.errors
    form.seen.data = len(some)
    return _page(form, some, 409 if stale else 422 if form.errors else 200, stale=stale)


@blueprint.get("/bulk/<guid>")
@access(Access.EDITOR, of=_is_ours)
def bulk_done(guid: str) -> Response:
    """What a change of many questions did, and the way back."""
    done, back = _found(guid), _list_address()
    return shown("admin/bulk_done.html", area="edit", done=done, reasons=LEFT, most=NAMED, back=back, kept=_kept())


@blueprint.post("/bulk/<guid>/undo")
@access(Access.EDITOR, of=_is_ours)
def undo_bulk(guid: str) -> Response:
    """Put the questions back that nobody changed since."""
    g.private = True  # likewise
    note = _("A change of many questions undone")
    undone = transact(partial(bulk_undo.undo, guid=guid, viewer=require_viewer(), now=clock.now(), note=note))
    flash(ngettext("%(num)s question is as it was.", "%(num)s questions are as they were.", undone.put_back))
    if undone.left:
        kept = ngettext(
            "%(num)s was changed since and is left as it is:",
            "%(num)s were changed since and are left as they are:",
            len(undone.left),
        )
        named = "; ".join(f"“{question}”" for question in undone.left[:NAMED])
        flash(f"{kept} {named}{'' if len(undone.left) <= NAMED else ' …'}", "warn")
    return redirect(url_for("edit.bulk_done", guid=guid, **_kept()), 303)


def _kept() -> dict[str, Any]:
    """What the list was asked for in which they were ticked, so that one comes back to it."""
    wanted = {name: " ".join(request.values.get(name, "")[:200].split()) for name in ("q", "show", "in")}
    return {name: value for name, value in wanted.items() if value and "\0" not in value}


def _list_address() -> str:
    wanted = _kept()
    slug = wanted.pop("in", "")
    return url_for("edit.deck", slug=slug, **wanted) if slug else url_for("edit.decks", **wanted)


def _chosen() -> list[Chosen]:
    """The questions that the form has ticked, or all that its list found. More than one change takes are refused."""
    person = require_viewer()
    guids: Sequence[str] = [guid for guid in request.values.getlist("card")[: MOST + 1] if "\0" not in guid]
    if request.values.get("all") == "1":
        guids = edit_queries.all_found(session(), person, **_list(person), most=MOST + 1)
    if len(guids) > MOST:
        raise Refusal(
            422,
            _("These are too many questions at once"),
            _("%(most)s can be changed together. Search for fewer of them. Nothing was changed.", most=MOST),
            back=_list_address(),
            back_label=_("Back to the list"),
        )
    return bulk.chosen(session(), person, guids)


def _list(person: Viewer) -> dict[str, Any]:
    """What the list was asked for in which all were ticked."""
    slug = request.values.get("in", "")
    deck = edit_queries.may_edit_deck(session(), slug, person) if slug else None
    if slug and deck is None:
        abort(404)
    wanted = listed(wish())
    del wanted["page"]
    return wanted | {"deck_id": None if deck is None else deck.id}


def _decks(some: Sequence[Chosen]) -> Sequence[tuple[str, str]]:
    """The decks that these may go to."""
    kinds = {one.private for one in some}
    return edit_queries.open_decks(session(), require_viewer(), private=kinds.pop() if len(kinds) == 1 else None)


def _page(form: BulkForm, some: Sequence[Chosen], status: int, *, stale: bool) -> Response:
    every = request.values.get("all") == "1"
    carried: list[tuple[str, str]] = [("what", form.action), *_kept().items()]
    carried += [("all", "1")] if every else [("card", one.guid) for one in some]
    return shown(
        "admin/bulk.html",
        status,
        area="edit",
        form=form,
        some=some,
        stale=stale,
        most=NAMED,
        carried=carried,
        back=_list_address(),
        tags=sorted({tag for one in some for tag in one.tags}, key=str.casefold)[:NAMED],
    )


def _done(form: BulkForm, some: Sequence[Chosen]) -> Response:
    try:
        done = transact(
            partial(
                bulk.change,
                viewer=require_viewer(),
                key=form.key.data,
                wish=form.wish(),
                guids=[one.guid for one in some],
                now=clock.now(),
                note=form.note.data or "",
            )
        )
    except NotThere:
        abort(404)
    return redirect(url_for("edit.bulk_done", guid=done.guid, **_kept()), 303)


def _found(guid: str) -> Done:
    found = bulk_undo.find(session(), require_viewer(), guid)
    return found if found is not None else abort(404)
