"""A deck as a file again."""

from io import BytesIO
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO

from flask import abort, request, send_file, url_for
from werkzeug.wrappers import Response

from app.admin.views.blueprint import blueprint, found_deck, own_thing
from app.library import exporting
from app.library.exporting import Exported
from app.web.access import Access, access
from app.web.database import session
from app.web.limits import limiter
from app.web.pages import shown

TYPES = {".zip": "application/zip", ".csv": "text/csv", ".tsv": "text/tab-separated-values", ".txt": "text/plain"}
EXPORTS = "60/minute"


@blueprint.get("/decks/<slug>/export")
@access(Access.EDITOR, of=own_thing, offered_on=lambda: url_for("edit.deck", **(request.view_args or {})))
@limiter.limit(EXPORTS)
def export(slug: str) -> Response:
    """Download the deck's document with the edits made here, byte for byte what it was elsewhere; with its images, if any.

    With `ids` each card's id stands beside its question. Where an edit cannot be written in the document's form, that is
    said first, unless it is known (`anyway`).
    """
    deck = found_deck(slug)
    ids = request.args.get("ids") == "1"
    exported = exporting.export_deck(session(), deck.slug, idents=ids)
    if exported is None:
        abort(404)
    if exported.left_out and request.args.get("anyway") != "1":
        return shown("admin/export.html", area="edit", deck=deck, exported=exported, ids=ids)
    return download(exported)


def download(exported: Exported) -> Response:
    """A file to keep: the document, or an archive of it and its images."""
    name = "".join(letter for letter in exported.filename if letter.isprintable()) or "deck.md"
    file: IO[bytes] = BytesIO(exported.data)
    if exported.images:
        name, file = PurePosixPath(name).stem + ".zip", TemporaryFile()  # noqa: SIM115  # the response closes it
        exporting.pack(session(), exported, file)
        file.seek(0)
    response = send_file(
        file,
        mimetype=TYPES.get(PurePosixPath(name).suffix.lower(), "text/markdown"),
        as_attachment=True,
        download_name=name,
        etag=False,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
