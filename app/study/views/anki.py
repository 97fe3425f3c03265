"""To Anki: choose decks, and download them with what is remembered."""

from io import BytesIO

from flask import flash, redirect, request, send_file, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.study.anki import exporting
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session
from app.web.limits import limiter
from app.web.pages import shown
from app.web.sessions import require_viewer

EXPORTS = "30/minute"


@blueprint.get("/settings/anki")
@access(Access.LEARNER)
def anki() -> Response:
    """Which decks go to Anki."""
    return shown("study/anki.html", area="settings", decks=exporting.offered(session(), require_viewer()))


@blueprint.get("/settings/anki/package")
@access(Access.LEARNER)
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
