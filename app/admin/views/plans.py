"""The plan of an import into decks that exist: seen first, decided in the same form, then applied, or made anew."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.admin import deciding
from app.admin.decision_forms import decision_forms
from app.admin.views.blueprint import blueprint, is_own_upload
from app.admin.views.uploads import READS, found_upload, is_under_way, limits, wished_deck
from app.content.document import ContentError
from app.library import plan_view, upload_jobs, uploads
from app.library.deciding import LATER, Decision
from app.library.importing import StalePlan
from app.library.plan_view import PlanView
from app.library.uploads import Found, NoSuchUpload
from app.library.wishes import Wish
from app.web import clock, jobs
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown
from app.web.sessions import require_viewer

NEVER = "-"
"""The mark of a plan that nobody has seen: it is never the present one."""


@blueprint.get("/import/<guid>/plan")
@access(Access.EDITOR, of=is_own_upload)
def plan(guid: str) -> Response:
    """What importing an upload would change in the decks that are there, and what there is to decide."""
    found = found_upload(guid)
    if found.imported_at is not None or is_under_way(found):
        return redirect(url_for("edit.upload_state", guid=guid))
    wish = Wish(
        dialect=request.args.get("dialect", "")[:64], goes_to=wished_deck(request.args, "deck", kept=found.deck_slug)
    )
    try:
        seen = plan_view.planned(session(), found, wish, require_viewer().id)
    except ContentError as error:
        flash(f"{error.problem} {error.remedy}", "error")
        return redirect(url_for("edit.imports"))
    if seen.all_new:
        return redirect(url_for("edit.upload", guid=guid, deck=wish.goes_to or None, dialect=wish.dialect or None))
    return _page(found, wish, seen, *_left_from_a_job(found))


@blueprint.post("/import/<guid>/plan")
@access(Access.EDITOR, of=is_own_upload)
@limiter.limit(READS)
def apply_plan(guid: str) -> Response:
    """Apply the plan that was seen, with what was decided on it: all in one transaction, or nothing."""
    found = found_upload(guid)
    if found.imported_at is not None or is_under_way(found):
        return redirect(url_for("edit.upload_state", guid=guid), 303)
    forms = decision_forms(request.form)
    problems = {key: form.problem for key, form in forms.items() if not form.validate()}
    decisions = {key: form.decision() for key, form in forms.items()}
    again = frozenset(request.form.getlist("ask_again")[: plan_view.SHOWN])
    goes_to = wished_deck(request.form, "deck", kept=found.deck_slug)
    wish = Wish(
        dialect=request.form.get("dialect", "")[:64],
        goes_to=goes_to,
        **limits(goes_to),
        expected=request.form.get("expected", "")[:128] or NEVER,
        decided=deciding.noted(decisions, again),
    )
    try:
        if problems:
            seen = plan_view.planned(session(), found, wish, require_viewer().id)
            return _page(found, wish, seen, decisions, again, problems=problems, status=422)
        _import(found, wish)
    except StalePlan:
        seen = plan_view.planned(session(), found, wish, require_viewer().id)
        return _page(found, wish, seen, decisions, again, status=409)
    except ContentError as error:
        flash(f"{error} " + _("Nothing was stored."), "error")
        return redirect(url_for("edit.upload", guid=guid), 303)
    return redirect(url_for("edit.upload_state", guid=guid), 303)


def _import(found: Found, wish: Wish) -> None:
    mine: dict[str, Any] = {"guid": found.guid, "user_id": require_viewer().id, "wish": wish}
    try:
        if uploads.is_long(found):
            transact(partial(upload_jobs.enqueue, **mine))
            jobs.wake()
        else:
            transact(partial(uploads.import_now, now=clock.now(), then=deciding.after_import, **mine))
    except NoSuchUpload:
        abort(404)


def _left_from_a_job(found: Found) -> tuple[dict[str, Decision], frozenset[str]]:
    """What was decided on a plan that a job could not apply."""
    job = upload_jobs.job_of(session(), found.summary)
    decided = job.payload["wish"].get("decided", {}) if job is not None else {}
    return deciding.read_decisions(decided), frozenset(decided.get("ask_again", ()))


def _page(
    found: Found,
    wish: Wish,
    seen: PlanView,
    decisions: Mapping[str, Decision],
    again: frozenset[str],
    *,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    """The plan with the decisions that are about what it shows; how many are not is said."""
    marks = {choice.key: choice.seen for choice in seen.choices}
    fitting = {key: decision for key, decision in decisions.items() if decision.seen == marks.get(key)}
    chosen = [key for key, decision in decisions.items() if decision.take != LATER]
    return shown(
        "admin/plan.html",
        status,
        area="edit",
        upload=found,
        wish=wish,
        seen=seen,
        decisions=fitting,
        again=again,
        problems=problems or {},
        stale=status == 409,
        anew=_anew(len(chosen), len([key for key in chosen if key in fitting])) if status == 409 else "",
    )


def _anew(chosen: int, kept: int) -> str:
    """What became of decisions that were made on an older plan."""
    if not chosen:
        return ""
    said = ngettext("%(num)s decision of yours is kept.", "%(num)s decisions of yours are kept.", kept)
    if kept == chosen:
        return str(said)
    lost = ngettext(
        "%(num)s is about texts that are no longer the same: decide it again.",
        "%(num)s are about texts that are no longer the same: decide them again.",
        chosen - kept,
    )
    return f"{said} {lost}" if kept else str(lost)
