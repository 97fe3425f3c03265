"""A learner's settings."""

from werkzeug.wrappers import Response

from app.study.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.pages import shown


@blueprint.get("/settings")
@access(Access.LEARNER)
def settings() -> Response:
    """To be built."""
    return shown("layouts/base.html", area="settings")
