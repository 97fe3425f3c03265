"""Repositories that the portal follows."""

from functools import partial

from flask import abort, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin.source_forms import SourceForm, SourceSettingsForm
from app.admin.views.blueprint import blueprint
from app.library import source_queries, sources
from app.library.git import GitError
from app.library.sources import NoSuchSource, SourceKnown
from app.web import clock, jobs
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/sources", endpoint="sources")
@access(Access.EDITOR)
def overview() -> Response:
    """Every source: where it is, what the last sync brought, what waits for a decision, what went wrong."""
    return shown("admin/sources.html", area="edit", sources=source_queries.followed(session()), now=clock.now())


@blueprint.route("/sources/new", methods=["GET", "POST"])
@access(Access.ADMIN)
def new_source() -> Response:
    """Follow another repository, and read it at once."""
    form = SourceForm()
    if form.validate_on_submit():
        try:
            made = transact(
                partial(
                    sources.add,
                    url=form.url.data,
                    files=form.files.data,
                    branch=form.branch.data,
                    now=clock.now(),
                    user_id=require_viewer().id,
                    guarded=True,
                )
            )
            return _start(made.name)
        except GitError as error:
            form.url.errors = [f"{error.problem} {error.remedy}"]
        except SourceKnown as error:
            form.url.errors = [_("It is followed already, as “%(name)s”.", name=error.name)]
    return shown("admin/source_form.html", 422 if form.errors else 200, area="edit", form=form, source=None)


@blueprint.route("/sources/<name>", methods=["GET", "POST"])
@access(Access.ADMIN)
def source(name: str) -> Response:
    """Which files of which branch are followed."""
    row = source_queries.source_by_name(session(), name)
    if row is None:
        abort(404)
    form = SourceSettingsForm(files=row.files, branch=row.branch)
    if form.validate_on_submit():
        try:
            transact(partial(sources.change, name=name, files=form.files.data, branch=form.branch.data))
        except NoSuchSource:
            abort(404)
        return _start(name)
    return shown("admin/source_form.html", 422 if form.errors else 200, area="edit", form=form, source=row)


@blueprint.post("/sources/<name>/sync")
@access(Access.EDITOR)
def sync_source(name: str) -> Response:
    """Sync one source, as a job."""
    if source_queries.source_by_name(session(), name) is None:
        abort(404)
    return _start(name)


@blueprint.post("/sources/sync")
@access(Access.EDITOR)
def sync_sources() -> Response:
    """Sync every source, a job each."""
    return _start(*sources.names(session()))


@blueprint.post("/sources/<name>/remove")
@access(Access.ADMIN)
def remove_source(name: str) -> Response:
    """Follow a repository no longer."""
    try:
        transact(partial(sources.remove, name=name))
    except NoSuchSource:
        abort(404)
    flash(_("“%(name)s” is followed no longer. Its decks and every history stay.", name=name))
    return redirect(url_for("edit.sources"), 303)


def _start(*names: str) -> Response:
    person = require_viewer()
    transact(partial(sources.enqueue, names=names, user_id=person.id))
    jobs.wake()
    flash(_("The sync has started. This page shows what it brings; load it again in a moment."))
    return redirect(url_for("edit.sources"), 303)
