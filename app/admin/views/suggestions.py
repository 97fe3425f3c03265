"""What learners suggest, for editors to decide."""

from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.admin import saving
from app.admin.forms import AcceptForm, DecisionReasonForm
from app.admin.views.blueprint import blueprint, page_number
from app.library import suggestion_queries, suggestions
from app.library.editing import Conflict, NotThere
from app.library.suggestion_queries import Waiting
from app.library.suggestions import Closed, Decided
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/suggestions", endpoint="suggestions")
@access(Access.EDITOR)
def queue() -> Response:
    """What waits for a decision, or what was decided: of a deck or of all."""
    return _page()


@blueprint.post("/suggestions/<guid>/accept")
@access(Access.EDITOR)
def accept_suggestion(guid: str) -> Response:
    """Save the card as the suggestion has it."""
    form = AcceptForm()
    work = partial(
        saving.accept,
        suggestion=guid,
        viewer=require_viewer(),
        version=form.version.data or 0,
        ask_again=form.ask_again.data,
        note=_("From a suggestion"),
        now=clock.now(),
    )
    try:
        outcome = transact(work)
    except Conflict:
        return _page(
            409, notice=_("The card was saved anew while you looked: its suggestions are compared again below.")
        )
    except (Decided, NotThere) as error:
        return _late(error)
    if outcome.saved.changed:
        said = _("Accepted as version %(n)s.", n=outcome.saved.version)
    else:
        said = _("Accepted. The card said so already: there is no new version.")
    if form.ask_again.data:
        asked = ngettext(
            "%(num)s learner who knows it is asked again today.",
            "%(num)s learners who know it are asked again today.",
            outcome.asked,
        )
        said = f"{said} {asked}"
    flash(said)
    return _back()


@blueprint.post("/suggestions/<guid>/settle")
@access(Access.EDITOR)
def settle_suggestion(guid: str) -> Response:
    """Say that a remark is dealt with."""
    return _close(guid, "settled", _("Settled. Its learner sees that."))


@blueprint.post("/suggestions/<guid>/decline")
@access(Access.EDITOR)
def decline_suggestion(guid: str) -> Response:
    """Leave the card as it is, and say why."""
    return _close(guid, "declined", _("Declined. Its learner sees the reason."))


def _close(guid: str, state: Closed, said: str) -> Response:
    form = DecisionReasonForm()
    valid = form.validate()
    if not valid or (state == "declined" and not form.reason.data):
        if suggestion_queries.one(session(), require_viewer(), guid) is None:
            abort(404)
        problem = form.reason.errors[0] if form.reason.errors else _("Enter a reason: the learner sees it.")
        return _page(422, problem=problem, at=guid, reason=form.reason.data)
    work = partial(
        suggestions.close,
        guid=guid,
        viewer=require_viewer(),
        state=state,
        reason=form.reason.data,
        now=clock.now(),
    )
    try:
        transact(work)
    except (Decided, NotThere) as error:
        return _late(error)
    flash(said)
    return _back()


def _late(error: Exception) -> Response:
    """Somebody else was first; that stands."""
    if isinstance(error, NotThere):
        abort(404)
    flash(_("It was decided or withdrawn before you. That stands; nothing was changed."), "warn")
    return _back()


def _back() -> Response:
    return redirect(url_for("edit.suggestions", **_wanted()), 303)


def _wanted() -> dict[str, Any]:
    """What the address asks for."""
    wanted = {name: request.args.get(name, "")[:100] for name in ("deck", "show")}
    return {name: value for name, value in wanted.items() if value and "\0" not in value}


def _page(status: int = 200, **values: Any) -> Response:
    wanted, person = _wanted(), require_viewer()
    decided = wanted.get("show") == "decided"
    found = suggestion_queries.queue(
        session(), person, deck=wanted.get("deck", ""), decided=decided, page=page_number()
    )
    return shown(
        "admin/suggestions.html",
        status,
        area="edit",
        found=found,
        decks=suggestion_queries.decks(session(), person),
        total=suggestion_queries.waiting(session(), person),
        oldest=suggestion_queries.oldest(session(), person),
        lately=() if decided else _lately(),
        decided=decided,
        wanted=wanted,
        **values,
    )


def _lately() -> tuple[Waiting, ...]:
    """The last few decisions."""
    return suggestion_queries.queue(session(), require_viewer(), decided=True).lines[:5]
