"""The imports there were, and taking one back."""

from functools import partial

from flask import abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.admin import deciding
from app.admin.views.blueprint import blueprint, leads_to_private, may_make, page_number
from app.library import import_history
from app.library.import_history import PastImport
from app.library.undoing import JoinedSince, LaterImport, NoSuchImport, Undone
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.pages import shown
from app.web.sessions import Viewer, require_viewer

NAMED = 5
"""Cards that kept their text, which are named when an import is taken back."""


def _is_mine(person: Viewer) -> bool:
    """Whether the import that the address names is this person's business."""
    found = import_history.one(session(), (request.view_args or {})["guid"], person)
    g.private = found is not None and leads_to_private(slug for slug, _title in found.decks)
    return found is not None


@blueprint.get("/imports", endpoint="import_history")
@access(Access.LEARNER, of=may_make)
def overview() -> Response:
    """Every import, the newest first, or those of one deck or source; to a learner, their own."""
    wanted = {name: request.args.get(name, "")[:100] for name in ("deck", "source")}
    found = import_history.past(session(), require_viewer(), page=page_number(), **wanted)
    kept = {name: value for name, value in wanted.items() if value}
    return shown("admin/import_history.html", area="edit", found=found, filters=kept)


@blueprint.get("/imports/<guid>")
@access(Access.EDITOR, of=_is_mine)
def applied_import(guid: str) -> Response:
    """One import: what it brought, and the way back."""
    return shown("admin/applied_import.html", area="edit", applied=_found(guid))


@blueprint.post("/imports/<guid>/undo")
@access(Access.EDITOR, of=_is_mine)
def undo_import(guid: str) -> Response:
    """Take an import back in one step."""
    applied = _found(guid)
    try:
        work = partial(deciding.take_back, guid=applied.guid, now=clock.now(), by_id=require_viewer().id)
        _tell(transact(work))
    except NoSuchImport:
        flash(_("It was taken back already. Nothing more was changed."), "warn")
    except LaterImport as error:
        raise Refusal(
            409,
            _("A later import builds on this one"),
            _(
                "“%(label)s” changed the same decks afterwards. Undo that one first. Nothing was changed.",
                label=error.label,
            ),
            back=url_for("edit.applied_import", guid=error.guid),
            back_label=_("To the later import"),
        ) from error
    except JoinedSince as error:
        raise Refusal(
            409,
            _("A card of this import has become one with another"),
            _(
                "Somebody has confirmed since that they are the same, and going back would part their histories. "
                "Undo the import that asked about it first. Nothing was changed."
            ),
            back=url_for("edit.import_history"),
            back_label=_("To all imports"),
        ) from error
    return redirect(url_for("edit.applied_import", guid=guid), 303)


def _found(guid: str) -> PastImport:
    found = import_history.one(session(), guid, require_viewer())
    return found if found is not None else abort(404)


def _tell(undone: Undone) -> None:
    back = ngettext("%(num)s card is as it was,", "%(num)s cards are as they were,", undone.put_back)
    gone = ngettext("%(num)s new one is archived.", "%(num)s new ones are archived.", undone.archived)
    flash(f"{_('The import is taken back.')} {back} {gone} {_('Reviews made since are kept.')}")
    if undone.kept:
        kept = ngettext(
            "%(num)s card was edited since and keeps its text:",
            "%(num)s cards were edited since and keep their text:",
            len(undone.kept),
        )
        named = "; ".join(f"“{question}”" for question in undone.kept[:NAMED])
        flash(f"{kept} {named}{'' if len(undone.kept) <= NAMED else ' …'}", "warn")
