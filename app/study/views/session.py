"""One question at a time."""

from werkzeug.wrappers import Response

from app.study.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.pages import shown


@blueprint.get("/study")
@access(Access.LEARNER)
def study() -> Response:
    """To be built."""
    return shown("layouts/base.html", area="library")
