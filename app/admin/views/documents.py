"""A deck edited as one document; what that changes is seen as a plan before it is applied."""

from functools import partial

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.admin.views.blueprint import blueprint, found_deck, own_thing
from app.admin.views.uploads import READS
from app.content.document import ContentError
from app.library import whole
from app.library.editing import NotThere
from app.library.whole import Opened, TooLarge
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.errors import Refusal
from app.web.limits import limiter
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.route("/decks/<slug>/document", methods=["GET", "POST"])
@access(Access.EDITOR, of=own_thing)
@limiter.limit(READS)
def document(slug: str) -> Response:
    """The whole deck as Markdown; sent, it becomes a plan that is looked at and applied."""
    deck = found_deck(slug)
    opened = _opened(slug)
    text = was = opened.text
    error = ""
    if request.method == "POST":
        text, was = _sent("text"), _sent("was")
        if text == was:
            flash(_("Nothing was different: nothing is saved."))
            return redirect(url_for("edit.document", slug=slug), 303)
        work = partial(whole.changed, slug=slug, text=text, was=was, user_id=require_viewer().id, now=clock.now())
        try:
            return redirect(url_for("edit.plan", guid=transact(work), deck=slug), 303)
        except ContentError as problem:
            error = f"{problem.location}: {problem.problem} {problem.remedy}"
        except NotThere:
            abort(404)
    status = 422 if error else 200
    return shown("admin/document.html", status, area="edit", deck=deck, opened=opened, text=text, was=was, error=error)


def _opened(slug: str) -> Opened:
    try:
        return whole.opened(session(), slug)
    except NotThere:
        abort(404)
    except TooLarge as error:
        raise Refusal(
            413,
            _("This deck is too large to be edited as one document here"),
            _("Export it, edit the file, and import it again: it is compared in the same way."),
            back=url_for("edit.deck", slug=slug),
            back_label=_("Back to the deck"),
        ) from error


def _sent(name: str) -> str:
    return request.form.get(name, "").replace("\r\n", "\n")[: whole.MAX_SHOWN * 2]
