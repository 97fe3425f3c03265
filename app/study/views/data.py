"""What a learner takes along, and brings: all that is theirs, as one archive."""

from datetime import timedelta
from functools import partial
from typing import Any

from flask import Response as FlaskResponse
from flask import abort, current_app, flash, redirect, request, stream_with_context, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.config import Settings
from app.content.document import ContentError
from app.study import takeout, totals
from app.study.bringing import Room
from app.study.takeout import NoSuchTakeout
from app.study.views.blueprint import blueprint
from app.web import clock, jobs
from app.web.access import Access, access
from app.web.database import db, session, transact
from app.web.limits import limiter
from app.web.pages import shown, wants_fragment
from app.web.sessions import Viewer, require_viewer

EXPORTS = "10/hour"
IMPORTS = "30/hour"


@blueprint.record_once
def _register(state: Any) -> None:
    jobs.handle(state.app, takeout.EXPORT_JOB, takeout.run_export)
    jobs.handle(state.app, takeout.IMPORT_JOB, takeout.run_import)
    jobs.periodically(state.app, "takeouts", every=takeout.KEPT / 24, chore=takeout.keep_house)
    jobs.periodically(state.app, "sums", every=timedelta(hours=1), chore=totals.keep_house)


def is_own_takeout(person: Viewer) -> bool:
    """Whether the archive that the address names is this person's; nobody else sees it, whoever they are."""
    return takeout.is_of(session(), (request.view_args or {})["guid"], person.id)


@blueprint.get("/settings/data")
@access(Access.LEARNER)
def data() -> Response:
    """All that is theirs: to take along, to bring, to delete."""
    return _page()


def _page(status: int = 200, *, error: str = "") -> Response:
    bringing = takeout.latest(session(), require_viewer().id, "import", now=clock.now())
    export = takeout.latest(session(), require_viewer().id, "export", now=clock.now())
    template = "study/_data_export.html" if wants_fragment() else "study/data.html"
    return shown(template, status, area="settings", export=export, bringing=bringing, error=error)


@blueprint.post("/settings/data/export")
@access(Access.LEARNER)
@limiter.limit(EXPORTS)
def export_data() -> Response:
    """Have the archive written; the page says how far it has come."""
    transact(partial(takeout.ask_export, user_id=require_viewer().id, now=clock.now()))
    jobs.wake()
    return redirect(url_for("study.data", _anchor="export"), 303)


@blueprint.get("/settings/data/export/<guid>")
@access(Access.LEARNER, of=is_own_takeout, offered_on=lambda: url_for("study.data"))
def download_data(guid: str) -> Response:
    """The archive, part by part."""
    try:
        number, found = takeout.found(session(), guid, require_viewer().id, kind="export", now=clock.now())
    except NoSuchTakeout:
        abort(404)
    if found.done_at is None:
        return redirect(url_for("study.data"))
    session().rollback()  # nothing is kept open while somebody downloads slowly
    response = FlaskResponse(stream_with_context(takeout.parts_of(db.sessionmaker, number)), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response.headers["Cache-Control"] = "no-store"
    response.content_length = found.size
    return response


@blueprint.post("/settings/data/export/delete")
@access(Access.LEARNER)
def delete_export() -> Response:
    """The archive goes at once."""
    transact(partial(takeout.forget, user_id=require_viewer().id, kind="export"))
    flash(_("The file is deleted. What is yours here stays as it is."))
    return redirect(url_for("study.data"), 303)


@blueprint.post("/settings/data/import")
@access(Access.LEARNER)
@limiter.limit(IMPORTS)
def bring_data() -> Response:
    """Take in an archive; what it would bring is shown before anything is done."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return _page(422, error=_("Choose a file first."))
    given: dict[str, Any] = {"filename": file.filename.replace("\0", ""), "data": file.stream.read(), "room": _room()}
    try:
        guid = transact(partial(takeout.receive, user_id=require_viewer().id, now=clock.now(), **given))
    except ContentError as problem:
        return _page(422, error=f"{problem.problem} {problem.remedy}")
    jobs.wake()
    return redirect(url_for("study.brought_data", guid=guid), 303)


@blueprint.get("/settings/data/import/<guid>")
@access(Access.LEARNER, of=is_own_takeout)
def brought_data(guid: str) -> Response:
    """What an archive would bring; how far bringing it has come; what it brought."""
    try:
        _number, found = takeout.found(session(), guid, require_viewer().id, kind="import", now=clock.now())
    except NoSuchTakeout:
        abort(404)
    template = "study/_data_brought.html" if wants_fragment() else "study/data_brought.html"
    return shown(template, area="settings", brought=found)


@blueprint.post("/settings/data/import/<guid>")
@access(Access.LEARNER, of=is_own_takeout)
@limiter.limit(IMPORTS)
def apply_data(guid: str) -> Response:
    """Bring it."""
    settings = request.form.get("settings") == "y"
    mine: dict[str, Any] = {"guid": guid, "user_id": require_viewer().id, "settings": settings, "room": _room()}
    try:
        transact(partial(takeout.apply, now=clock.now(), **mine))
    except NoSuchTakeout:
        abort(404)
    jobs.wake()
    return redirect(url_for("study.brought_data", guid=guid), 303)


@blueprint.post("/settings/data/import/<guid>/discard")
@access(Access.LEARNER, of=is_own_takeout)
def discard_data(guid: str) -> Response:
    """Give the archive up."""
    transact(partial(takeout.forget, user_id=require_viewer().id, kind="import"))
    flash(_("The file is given up. What is yours here stays as it is."))
    return redirect(url_for("study.data"), 303)


def _room() -> Room:
    found: Settings = current_app.config["REPRISE_SETTINGS"]
    return Room(found.own_decks, found.own_cards if found.own_decks else 0)
