"""What imports and syncs have left to decide, whenever somebody has the time."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.admin import deciding
from app.admin.deciding import Outcome
from app.admin.decision_forms import decision_forms
from app.admin.views.blueprint import blueprint, may_make, page_number
from app.library import deciding as library
from app.library.deciding import LATER, Choice, Decision
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import require_viewer

PAGE = 10


@blueprint.get("/questions")
@access(Access.LEARNER, of=may_make)
def questions() -> Response:
    """Conflicts and questions to confirm: of a deck, a source, an import, or all."""
    return _page({}, {})


@blueprint.post("/questions")
@access(Access.LEARNER, of=may_make)
def decide() -> Response:
    """Act on what was decided. What somebody else decided first stands, and is told."""
    forms = decision_forms(request.form)
    problems = {key: form.problem for key, form in forms.items() if not form.validate()}
    decisions = {key: form.decision() for key, form in forms.items() if key not in _closed(forms)}
    if problems:
        return _page(decisions, problems, status=422)
    if all(decision.take == LATER for decision in decisions.values()):
        flash(_("Nothing is decided: choose an answer for one question at least."), "warn")
    else:
        work = partial(deciding.decide, decisions=decisions, now=clock.now(), by_id=require_viewer().id)
        _tell(transact(work))
    return redirect(url_for("edit.questions", **_filters()), 303)


def _closed(keys: Collection[str]) -> set[str]:
    """Those of these open questions that are not this person's to decide."""
    mine = {choice.key for choice in library.left_open(session(), guids=keys, viewer=require_viewer())}
    return {choice.key for choice in library.left_open(session(), guids=keys)} - mine


def _filters() -> dict[str, Any]:
    """Whose questions are asked for."""
    wanted = {name: request.args.get(name, "")[:100] for name in ("deck", "source", "import")}
    return {name: value for name, value in wanted.items() if value and "\0" not in value}


def _page(decisions: Mapping[str, Decision], problems: Mapping[str, str], *, status: int = 200) -> Response:
    wanted = _filters()
    found = library.left_open(
        session(),
        deck=wanted.get("deck", ""),
        source=wanted.get("source", ""),
        import_guid=wanted.get("import", ""),
        viewer=require_viewer(),
    )
    pages = max(1, -(-len(found) // PAGE))
    page = min(page_number(), pages)
    start = (page - 1) * PAGE
    some = library.with_people(session(), library.fitting(found[start:], PAGE), require_viewer().id)
    return shown(
        "admin/questions.html",
        status,
        area="edit",
        choices=some,
        total=len(found),
        matches=_count(found, "match"),
        conflicts=_count(found, "conflict"),
        page=page,
        pages=pages,
        filters=wanted,
        decisions=decisions,
        problems=problems,
    )


def _count(choices: list[Choice], kind: str) -> int:
    return sum(choice.kind == kind for choice in choices)


def _tell(outcome: Outcome) -> None:
    """Say what took effect, and what did not, and why."""
    if outcome.done:
        made = ngettext("%(num)s question is decided.", "%(num)s questions are decided.", outcome.done)
        flash(f"{made} {_('Learners keep their progress.')}")
    words = {
        "same": _("it is the same card"),
        "different": _("it is another card"),
        "theirs": _("the document's text"),
        "ours": _("the portal's text"),
        "merged": _("both put together"),
    }
    for guid in outcome.gone:
        before = library.decided_before(session(), guid)
        if before is None:
            flash(_("A question is no longer there: its import was undone. Nothing of it was changed."), "warn")
        else:
            flash(_("Somebody decided a question before you: %(how)s. That stands.", how=words[before[0]]), "warn")
    if outcome.other:
        flash(
            ngettext(
                "The texts of %(num)s question have changed since you saw them. Look at them and decide again.",
                "The texts of %(num)s questions have changed since you saw them. Look at them and decide again.",
                len(outcome.other),
            ),
            "warn",
        )
