"""The first page, and the list of keys."""

from werkzeug.wrappers import Response

from app.accounts import portal
from app.accounts.queries import portal as portal_facts
from app.library.queries import first_card, readable_decks
from app.study import overview
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session
from app.web.pages import shown
from app.web.sessions import Viewer, viewer


@blueprint.get("/")
@access(Access.ANYONE)
def home() -> Response:
    """What to study today; for visitors, what there is to read."""
    person = viewer()
    return _visitors() if person is None else _library(person)


def _visitors() -> Response:
    decks = readable_decks(session(), None)
    of = next((deck for deck in decks if deck.ready), None)
    card = None if of is None else first_card(session(), of.id)
    may_register = portal_facts(session()).registration == "open"
    return shown(
        "study/visitors.html",
        area="library",
        decks=decks,
        of=of,
        card=card,
        may_register=may_register,
        welcome=portal.welcome(session()),
    )


def _library(person: Viewer) -> Response:
    return shown("study/library.html", area="library", library=overview.library(session(), person, now=clock.now()))


@blueprint.get("/help")
@access(Access.ANYONE)
def keys() -> Response:
    """How studying works here, and which keys do what."""
    return shown("study/help.html", area="help")
