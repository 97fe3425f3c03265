"""What happens to a form that was sent when it was too long ago that its sender proved who they are.

`access.fresh` sends it on to the question; the page that asks keeps it, and lets it go when the answer is right.
"""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from app.web.redirects import safe_next

KEPT_BY_PROVING = {"again", "next", "username", "credential", "current_password"}
"""Fields of the question's own."""


def kept_form() -> str:
    """Where the form that this page keeps is going; empty where it keeps none.

    An address says it only for a form that has just come along, with its token: a link to the question must not make the
    answer to it a click on something else.
    """
    if request.method == "POST" and not {"current_password", "credential"} & set(request.form):
        return safe_next(request.args.get("again"), "")
    return safe_next(request.form.get("again"), "")


def go_on(again: str, target: str) -> Response:
    """Send the kept form on where it was going, or else the reader."""
    if again:
        return redirect(again, 307)
    return redirect(target or url_for("accounts.security"), 303)
