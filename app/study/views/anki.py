"""To Anki and from it: packages out, with what is remembered; packages in, looked at before anything is stored."""

from functools import partial
from io import BytesIO
from typing import Any

from flask import abort, current_app, flash, redirect, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.config import Settings
from app.content.document import ContentError
from app.library import upload_jobs
from app.library.uploads import NoSuchUpload
from app.study.anki import exporting, uploads
from app.study.anki.importing import Aim
from app.study.anki.uploads import Kept
from app.study.views.blueprint import blueprint
from app.web import clock, jobs
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown, wants_fragment
from app.web.sessions import require_viewer

EXPORTS = "30/minute"
READS = "30/minute"


@blueprint.record_once
def _register(state: Any) -> None:
    jobs.handle(state.app, uploads.KIND, uploads.run)


@blueprint.route("/settings/anki", methods=["GET", "POST"])
@access(Access.LEARNER)
@limiter.limit(READS, methods=["POST"])
def anki() -> Response:
    """Which decks go to Anki; and a package from there, which is read and then shown."""
    if request.method == "GET":
        return _page()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(_("Choose a file first."))
    person, aim = require_viewer(), _aim("")
    work = partial(
        uploads.receive,
        user_id=person.id,
        filename=file.filename,
        data=file.stream.read(),
        now=clock.now(),
        most=None if person.is_editor else aim.most_cards,
    )
    try:
        return redirect(url_for("study.anki_package", guid=transact(work)), 303)
    except ContentError as error:
        return _page(f"{error.problem} {error.remedy}")


def _page(error: str = "") -> Response:
    person = require_viewer()
    return shown(
        "study/anki.html",
        422 if error else 200,
        area="settings",
        decks=exporting.offered(session(), person),
        unfinished=uploads.unfinished(session(), person.id),
        error=error,
    )


@blueprint.get("/settings/anki/package")
@access(Access.LEARNER, offered_on=lambda: url_for("study.anki"))
@limiter.limit(EXPORTS)
def export_anki() -> Response:
    """Download the decks that are named, with the learner's progress or without."""
    try:
        made = exporting.export(
            session(),
            viewer=require_viewer(),
            named=request.args.getlist("deck"),
            now=clock.now(),
            progress=request.args.get("progress") == "1",
        )
    except exporting.NothingToExport:
        flash(_("No deck was chosen. Tick at least one, then download again."), "warn")
        return redirect(url_for("study.anki"))
    response = send_file(
        BytesIO(made.data), mimetype="application/zip", as_attachment=True, download_name=made.filename, etag=False
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/settings/anki/from/<guid>")
@access(Access.LEARNER)
@limiter.limit(READS)
def anki_package(guid: str) -> Response:
    """What a package brings, and what of it cannot come over. Nothing is stored yet."""
    kept = _kept(guid)
    if kept.imported_at is not None or _is_going(kept):
        return redirect(url_for("study.anki_state", guid=guid))
    return _plan(kept, _aim(request.args.get("to", "")))


def _plan(kept: Kept, aim: Aim, problem: str = "") -> Response:
    package = outcome = None
    try:
        package, outcome = uploads.plan(session(), kept=kept, viewer=require_viewer(), aim=aim, now=clock.now())
    except ContentError as error:
        problem = f"{error.problem} {error.remedy}"
    values = uploads.as_values(outcome) if outcome is not None else None
    status = 422 if problem and request.method == "POST" else 200
    return shown(
        "study/anki_plan.html",
        status,
        area="settings",
        kept=kept,
        package=package,
        plan=values,
        aim=aim,
        problem=problem,
    )


@blueprint.post("/settings/anki/from/<guid>")
@access(Access.LEARNER)
@limiter.limit(READS)
def import_anki(guid: str) -> Response:
    """Import what was seen: at once where that is short, else as a job."""
    kept, person = _kept(guid), require_viewer()
    aim = _aim(request.form.get("to", ""), progress=request.form.get("progress") == "1")
    if kept.imported_at is None:
        try:
            if uploads.is_long(kept):
                transact(partial(uploads.enqueue, kept=kept, viewer=person, aim=aim))
                jobs.wake()
            else:
                transact(partial(uploads.import_now, kept=kept, viewer=person, aim=aim, now=clock.now()))
        except NoSuchUpload:
            abort(404)
        except ContentError as error:
            return _plan(kept, aim, f"{error.problem} {error.remedy}")
    return redirect(url_for("study.anki_state", guid=guid), 303)


@blueprint.get("/settings/anki/from/<guid>/state")
@access(Access.LEARNER)
def anki_state(guid: str) -> Response:
    """How far an import has come, or what it brought."""
    kept = _kept(guid)
    job = upload_jobs.job_of(session(), kept.summary, uploads.KIND)
    if job is None and kept.imported_at is None:
        return redirect(url_for("study.anki_package", guid=guid))
    template = "study/_anki_state.html" if wants_fragment() else "study/anki_state.html"
    result = kept.summary.get("result")
    return shown(template, area="settings", kept=kept, job=job, going=_is_going(kept), result=result)


@blueprint.post("/settings/anki/from/<guid>/discard")
@access(Access.LEARNER)
def discard_anki(guid: str) -> Response:
    """Give a package up; an import of it that is on its way stops, and nothing of it is stored."""
    kept = _kept(guid)
    transact(partial(uploads.discard, guid=guid, user_id=require_viewer().id))
    flash(_("“%(name)s” was given up.", name=kept.filename))
    return redirect(url_for("study.anki"), 303)


def _kept(guid: str) -> Kept:
    kept = uploads.find(session(), guid, require_viewer().id)
    return kept if kept is not None else abort(404)


def _is_going(kept: Kept) -> bool:
    job = upload_jobs.job_of(session(), kept.summary, uploads.KIND)
    return kept.imported_at is None and job is not None and job.state in ("queued", "running")


def _aim(to: str, *, progress: bool = True) -> Aim:
    """Where it goes: into private decks, or, where an editor says so, into decks for all members."""
    settings: Settings = current_app.config["REPRISE_SETTINGS"]
    shared = to == "shared" and require_viewer().is_editor
    return Aim(shared, progress, settings.own_decks, settings.own_cards)
