"""A deck to read and search."""

from typing import Any

from flask import abort, current_app, request, url_for
from werkzeug.wrappers import Response

from app.content.terms import MAX_QUERY
from app.study.reading import Standing, Where, Wish, deck_page
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access, can
from app.web.database import session
from app.web.pages import render
from app.web.sessions import viewer

_MOST_PAGES = 10_000


@blueprint.get("/decks/<slug>")
@access(Access.ANYONE)
def deck(slug: str) -> Response:
    """One page of a deck: what the address asks for, in the address only, so that it can be shared."""
    person = viewer()
    wish = _wish()
    page = deck_page(session(), person, slug, wish, now=clock.now())
    if page is None:
        abort(404)
    html = render(
        "study/deck.html",
        "study/_deck_cards.html",
        area="library",
        page=page,
        wish=wish,
        states=list(Standing),
        address=lambda **changes: _address(slug, wish, changes),
        may_edit=can(person, "edit", page.deck),
        may_study=can(person, "study", page.deck),
    )
    return current_app.make_response(html)


def _wish() -> Wish:
    given = request.args
    state = given.get("state", "")
    return Wish(
        query=" ".join(given.get("q", "")[:MAX_QUERY].split()),
        where=_where(given.get("in", "")),
        tag=given.get("tag", ""),
        state=state if state in list(Standing) else "",
        page=min(given.get("page", 1, type=int), _MOST_PAGES),
        card=given.get("card", ""),
        open_all=given.get("open") == "all",
    )


def _where(given: str) -> Where:
    if given == "questions":
        return "questions"
    return "answers" if given == "answers" else ""


def _address(slug: str, wish: Wish, changes: dict[str, Any]) -> str:
    """The address of this deck with the same wish but for `changes`; a new filter starts at its first page."""
    kept = {
        "q": wish.query,
        "in": wish.where,
        "tag": wish.tag,
        "state": wish.state,
        "open": "all" if wish.open_all else "",
    }
    values = {name: value for name, value in {**kept, **changes}.items() if value}
    return url_for("study.deck", slug=slug, **values)
