"""Progress."""

from werkzeug.wrappers import Response

from app.progress.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.pages import shown


@blueprint.get("/progress")
@access(Access.LEARNER)
def overview() -> Response:
    """To be built."""
    return shown("layouts/base.html", area="progress")
