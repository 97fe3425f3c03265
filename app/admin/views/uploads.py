"""Importing in the browser: choose or paste, look at what was read, then import."""

from functools import partial
from typing import Any, Never
from urllib.parse import urlencode

from flask import Response as FlaskResponse
from flask import abort, flash, g, redirect, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.admin import deciding
from app.admin.forms import MAX_TITLE, VISIBILITY
from app.admin.views.blueprint import blueprint, is_own_upload, leads_to_private, may_make, settings
from app.content.document import ContentError
from app.library import edit_queries, import_history, upload_jobs, upload_preview, uploads
from app.library.importing import StalePlan
from app.library.uploads import Found, NoSuchUpload
from app.library.wishes import BY_NAME, NEW, OWN, Wish
from app.web import clock, jobs
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import shown, wants_fragment
from app.web.sessions import require_viewer

READS = "60/minute"
MAX_PASTED = 1_000_000
READINGS = {
    "headings": (_l("Headings"), _l("The heading is the question, all below it the answer; numbers are left out.")),
    "labels": (_l("Labels"), _l("“Q:” and “A:”, “Question” and “Answer” say which is which.")),
    "details": (_l("Foldouts"), _l("The summary of a foldout is the question, what it hides the answer.")),
    "bold": (_l("Bold paragraphs"), _l("A paragraph in bold is the question, all below it the answer.")),
    "lists": (_l("Lists"), _l("Each item is a question, what is indented below it the answer.")),
    "tables": (_l("Tables"), _l("Each row is a card: one column asks, another answers.")),
    "html": (_l("Headings in HTML"), _l("The heading is the question, all below it the answer.")),
    "inline": (_l("One-line cards"), _l("Question and answer stand in one line, with a sign between them.")),
    "csv": (_l("Columns"), _l("Each line is a card: the first column asks, the second answers.")),
}
"""What editors are told of a reading, by the dialect's name."""


@blueprint.record_once
def _register(state: Any) -> None:
    jobs.handle(state.app, upload_jobs.KIND, partial(upload_jobs.run, then=deciding.after_import))
    jobs.periodically(state.app, "uploads", every=uploads.KEPT_IMPORTED / 24, chore=uploads.keep_house)


@blueprint.route("/import", methods=["GET", "POST"])
@access(Access.LEARNER, of=may_make)
@limiter.limit(READS, methods=["POST"])
def imports() -> Response:
    """Bring in a file, an archive or a text; what can be read is shown before anything is stored."""
    if request.method == "GET":
        return _start_page()
    goes_to = wished_deck(request.form)
    limits(goes_to)
    error = "text_error" if "text" in request.form else "file_error"
    try:
        guid = transact(partial(_take, goes_to=goes_to))
    except _Incomplete as missing:
        return _start_page(422, **{error: str(missing)})
    except ContentError as problem:
        return _start_page(422, **{error: f"{problem.location}: {problem.problem} {problem.remedy}"})
    return redirect(url_for("edit.upload", guid=guid, deck=goes_to or None), 303)


@blueprint.get("/import/<guid>")
@access(Access.EDITOR, of=is_own_upload)
def upload(guid: str) -> Response:
    """What was read: cards as learners will see them, what to look at, and what importing would change."""
    found = found_upload(guid)
    if found.imported_at is not None or is_under_way(found):
        return redirect(url_for("edit.upload_state", guid=guid))
    wish = Wish(
        dialect=request.args.get("dialect", "")[:64], goes_to=wished_deck(request.args, "deck", kept=found.deck_slug)
    )
    return _preview_page(found, wish)


@blueprint.post("/import/<guid>")
@access(Access.EDITOR, of=is_own_upload)
@limiter.limit(READS)
def import_upload(guid: str) -> Response:
    """Import what was seen: at once where that is short, else as a job."""
    found, form = found_upload(guid), request.form
    wish = _wish(found)
    if form.get("see") == "plan":
        return redirect(_seen(guid, wish, "edit.plan"), 303)
    if form.get("deck", "") != form.get("seen_deck", ""):
        flash(_("This is what would change in the deck you chose now. Nothing is stored yet."))
        return redirect(_seen(guid, wish), 303)
    mine: dict[str, Any] = {"guid": guid, "user_id": require_viewer().id, "wish": wish}
    try:
        if uploads.is_long(found):
            transact(partial(upload_jobs.enqueue, **mine))
            jobs.wake()
        else:
            transact(partial(uploads.import_now, now=clock.now(), **mine))
    except NoSuchUpload:
        abort(404)
    except StalePlan:
        flash(_("The decks have changed since you looked. Nothing was stored; this is what would change now."), "warn")
        return redirect(_seen(guid, wish), 303)
    except ContentError as error:
        flash(f"{error} " + _("Nothing was stored."), "error")
        return redirect(_seen(guid, wish), 303)
    return redirect(url_for("edit.upload_state", guid=guid), 303)


@blueprint.get("/import/<guid>/state")
@access(Access.EDITOR, of=is_own_upload)
def upload_state(guid: str) -> Response:
    """How far an import has come, or what it brought."""
    found = found_upload(guid)
    job = upload_jobs.job_of(session(), found.summary)
    if job is None and found.imported_at is None:
        return redirect(url_for("edit.upload", guid=guid))
    template = "admin/_import_state.html" if wants_fragment() else "admin/import_state.html"
    going = found.imported_at is None and job is not None and job.state in ("queued", "running")
    result = found.summary.get("result")
    applied = import_history.one(session(), result["import"], require_viewer()) if result else None
    return shown(
        template,
        area="edit",
        upload=found,
        job=job,
        going=going,
        result=result,
        applied=applied,
        private=result is not None and leads_to_private(deck["slug"] for deck in result["decks"]),
        again=_again(found, job),
    )


@blueprint.post("/import/<guid>/stop")
@access(Access.EDITOR, of=is_own_upload)
def stop_import(guid: str) -> Response:
    """Stop an import that is on its way; nothing of it is stored."""
    found_upload(guid)
    transact(partial(upload_jobs.stop, guid=guid, user_id=require_viewer().id))
    return redirect(url_for("edit.upload_state", guid=guid), 303)


@blueprint.post("/import/<guid>/discard")
@access(Access.EDITOR, of=is_own_upload)
def discard_upload(guid: str) -> Response:
    """Give an upload up."""
    found = found_upload(guid)
    transact(partial(uploads.discard, guid=guid, user_id=require_viewer().id))
    flash(_("“%(name)s” was given up. Nothing of it is stored.", name=found.filename))
    return redirect(url_for("edit.imports"), 303)


@blueprint.route("/import/<guid>/text", methods=["GET", "POST"])
@access(Access.EDITOR, of=is_own_upload)
@limiter.limit(READS, methods=["POST"])
def upload_text(guid: str) -> Response:
    """Mend an upload's text before it is imported."""
    found = found_upload(guid)
    if not found.is_text or found.imported_at is not None or len(found.content) > MAX_PASTED:
        abort(404)
    text, error = found.content.decode("utf-8-sig", "replace"), ""
    if request.method == "POST":
        text = request.form.get("text", "")
        try:
            transact(partial(uploads.rewrite, guid=guid, user_id=require_viewer().id, text=text))
            page = "edit.upload" if found.opened is None else "edit.plan"
            return redirect(url_for(page, guid=guid, deck=found.deck_slug or None), 303)
        except ContentError as problem:
            error = f"{problem.location}: {problem.problem} {problem.remedy}"
        except NoSuchUpload:
            abort(404)
    return shown("admin/import_text.html", 422 if error else 200, area="edit", upload=found, text=text, error=error)


@blueprint.get("/import/<guid>/image")
@access(Access.EDITOR, of=is_own_upload)
def upload_image(guid: str) -> Response:
    """An image of an archive that is not imported yet."""
    found = found_upload(guid)
    image = uploads.image(found, request.args.get("document", "")[:400], request.args.get("path", "")[:400])
    if image is None:
        abort(404)
    return FlaskResponse(image.data, mimetype=image.mime)


class _Incomplete(Exception):
    """Nothing was chosen or pasted, or too much; the message says what to do."""


def _take(work: Any, *, goes_to: str) -> str:
    """Keep what the form brings; gives its guid. Raises _Incomplete and ContentError."""
    user_id, now = require_viewer().id, clock.now()
    if not goes_to and not require_viewer().is_editor:
        raise _Incomplete(_("Choose which of your decks it goes to, or a new one."))
    if "text" in request.form:
        text = request.form["text"]
        if not text.strip():
            raise _Incomplete(_("Paste a text with at least one question."))
        if len(text) > MAX_PASTED:
            raise _Incomplete(_("This is too long to be pasted. Save it as a file and choose that."))
        return uploads.paste(work, user_id=user_id, text=text, now=now, goes_to=goes_to)
    file = request.files.get("file")
    if file is None or not file.filename:
        raise _Incomplete(_("Choose a file first."))
    file.stream.seek(0)
    return uploads.receive(
        work, user_id=user_id, filename=file.filename, data=file.stream.read(), now=now, goes_to=goes_to
    )


def _start_page(status: int = 200, *, file_error: str = "", text_error: str = "") -> Response:
    return shown(
        "admin/import_start.html",
        status,
        area="edit",
        file_error=file_error,
        text_error=text_error,
        text=request.form.get("text", "")[:MAX_PASTED],
        goes_to=wished_deck(request.form),
        decks=edit_queries.open_decks(session(), require_viewer()),
        unfinished=uploads.unfinished(session(), require_viewer().id),
    )


def _preview_page(found: Found, wish: Wish) -> Response:
    page = request.args.get("page", "1")

    def image(document: str, path: str) -> str:
        return url_for("edit.upload_image", guid=found.guid) + "?" + urlencode({"document": document, "path": path})

    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    try:
        seen = upload_preview.preview(session(), found, wish, page=number, image=image)
    except ContentError as error:
        flash(f"{error.problem} {error.remedy}", "error")
        asked = any(request.args.get(name) for name in ("dialect", "deck"))
        return redirect(url_for("edit.upload", guid=found.guid) if asked else url_for("edit.imports"))
    return shown(
        "admin/import_preview.html",
        area="edit",
        upload=found,
        wish=wish,
        seen=seen,
        readings=READINGS,
        decks=edit_queries.open_decks(session(), require_viewer()),
        visibility=VISIBILITY,
        can_mend=found.is_text and len(found.content) <= MAX_PASTED,
        size=_size(len(found.content)),
    )


def _wish(found: Found) -> Wish:
    form = request.form
    goes_to = wished_deck(form, "deck", kept=found.deck_slug)
    visibility = form.get("visibility", "")
    return Wish(
        dialect=form.get("dialect", "")[:64],
        goes_to=goes_to,
        **limits(goes_to),
        expected=form.get("expected", "")[:128],
        title=_line("title"),
        visibility=visibility if visibility in {one.value for one in VISIBILITY} else "public",
        author=_line("author"),
        licence=_line("licence"),
    )


def _line(name: str) -> str:
    return "".join(c for c in " ".join(request.form.get(name, "").split()) if c.isprintable())[:MAX_TITLE]


def wished_deck(values: Any, name: str = "deck", *, kept: str | None = None) -> str:
    """The deck that is asked for, if it is one that may be; else where the document's name says.

    A learner imports into decks of their own alone: into the one asked for, or else the one the upload is `kept` for, or
    a new one where none was named; where neither is theirs, there is no such page.
    """
    wanted: str = values.get(name, OWN if kept is None and not require_viewer().is_editor else BY_NAME)
    known = {slug for slug, _title in edit_queries.open_decks(session(), require_viewer())}
    known |= {OWN} if settings().own_decks else set()
    if not require_viewer().is_editor:
        allowed = wanted if wanted in known else kept
        return allowed if allowed in known else BY_NAME if kept is None else _missing()
    return wanted if wanted in (BY_NAME, NEW) or wanted in known else BY_NAME


def limits(goes_to: str) -> dict[str, Any]:
    """How much the private decks of this person may hold, where an import goes to one of them; nothing of it is logged."""
    private = {slug for slug, _title in edit_queries.open_decks(session(), require_viewer(), private=True)}
    g.private = goes_to == OWN or goes_to in private
    return {"most_cards": settings().own_cards, "most_decks": settings().own_decks} if g.private else {}


def _seen(guid: str, wish: Wish, endpoint: str = "edit.upload") -> str:
    return url_for(endpoint, guid=guid, deck=wish.goes_to or None, dialect=wish.dialect or None)


def _again(found: Found, job: Any) -> str:
    """Where an import that came to nothing is looked at again: as it was wished, with what was decided on its plan."""
    kept: dict[str, Any] = job.payload["wish"] if job is not None else {}
    wish = Wish(dialect=kept.get("dialect", ""), goes_to=kept.get("goes_to", found.deck_slug))
    return _seen(found.guid, wish, "edit.plan" if kept.get("decided") else "edit.upload")


def found_upload(guid: str) -> Found:
    """The editor's own upload of this address, or the page that says there is none."""
    found = uploads.find(session(), guid, require_viewer().id)
    return found if found is not None else _missing()


def _missing() -> Never:
    abort(404)


def is_under_way(found: Found) -> bool:
    """Whether a job is importing it."""
    job = upload_jobs.job_of(session(), found.summary)
    return job is not None and job.state in ("queued", "running")


def _size(count: int) -> str:
    if count < 1_000_000:
        return str(_("%(n)s KB", n=format_decimal(max(1, round(count / 1000)))))
    return str(_("%(n)s MB", n=format_decimal(round(count / 1_000_000, 1))))
