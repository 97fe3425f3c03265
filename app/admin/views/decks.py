"""Decks to edit."""

from werkzeug.wrappers import Response

from app.admin.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.pages import shown


@blueprint.get("")
@access(Access.EDITOR)
def decks() -> Response:
    """To be built."""
    return shown("layouts/base.html", area="edit")
