"""What was typed, beside the points of the answer: for the study page, and for its script while the learner types."""

import re

from flask import abort, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.content.keypoints import Comparison
from app.study.comparing import answer_of, beside, is_more
from app.study.views.blueprint import blueprint
from app.web.access import Access, access
from app.web.database import session
from app.web.pages import shown
from app.web.sessions import require_viewer

_GUID = re.compile(r"[0-9a-z]{1,32}")
LONGEST = 20_000
"""Characters of a typed answer that are read."""


@blueprint.post("/study/compare")
@access(Access.LEARNER)
def compare() -> Response:
    """The part of the answer that stands where the plain one would; nothing is kept of what was typed."""
    card, typed = request.form.get("card", ""), request.form.get("a", "").strip()[:LONGEST]
    html = answer_of(session(), require_viewer(), card) if _GUID.fullmatch(card) else None
    if html is None:
        abort(404)
    return shown("study/_points.html", answer_html=html, typed=typed)


@blueprint.app_template_filter()
def tally(found: Comparison) -> str:
    """How many points were covered, as the heading says it: in words, never as a score."""
    all_points, covered = len(found.points), found.count("covered")
    said = [
        ngettext("%(n)s of %(num)s point covered", "%(n)s of %(num)s points covered", all_points, n=covered),
        _("%(n)s partly", n=found.count("partly")) if found.count("partly") else "",
        _("%(n)s missing", n=found.count("missing")) if found.count("missing") else "",
    ]
    return ", ".join(str(part) for part in said if part)


blueprint.add_app_template_global(beside, "beside")
blueprint.add_app_template_global(is_more, "is_more")
