"""Images of decks."""

import re

from flask import Response, abort, request

from app.library import media as images
from app.library.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.database import session
from app.web.sessions import viewer

_NAME = re.compile(r"([0-9a-f]{64})\.(png|jpg|gif|webp)")


@blueprint.get("/media/<name>")
@access(Access.ANYONE)
def media(name: str) -> Response:
    """An image, for whoever may read a deck that shows it. An address never means other bytes, so it is kept for good."""
    match = _NAME.fullmatch(name)
    found = match and images.image(session(), sha256=match[1], ending=match[2], person=viewer())
    if not match or found is None:
        abort(404)
    response = Response(found.data, mimetype=found.mime)
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["Content-Disposition"] = "inline"
    response.set_etag(match[1])
    response.make_conditional(request)
    return response
