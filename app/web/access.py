"""Who may do what.

Each view declares who may call it; one that declares nothing is answered as if it were not there. What a person may do
with a deck is one question, `can` (`allows` where a request names it), and its twin for statements, `readable`.
"""

from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from functools import wraps
from typing import Any, Literal, Protocol, TypeVar

import structlog
from flask import Flask, abort, current_app, has_request_context, redirect, request, url_for
from flask import session as cookie
from sqlalchemy import ColumnElement, and_, or_
from werkzeug.wrappers import Response

from app.db.models import Deck
from app.web.errors import signed_out
from app.web.redirects import came_from, here
from app.web.sessions import Viewer, believed, is_fresh, require_viewer, viewer

log = structlog.get_logger()
View = TypeVar("View", bound=Callable[..., Any])


class Access(IntEnum):
    """Levels of access; each includes the ones before it."""

    ANYONE = 0
    LEARNER = 1
    EDITOR = 2
    ADMIN = 3


Action = Literal["read", "study", "edit"]


class HasVisibility(Protocol):
    """What `can` needs to know of a deck."""

    @property
    def visibility(self) -> str: ...  # noqa: D102

    @property
    def owner_id(self) -> int | None: ...  # noqa: D102

    @property
    def archived_at(self) -> datetime | None: ...  # noqa: D102


def can(person: Viewer | None, action: Action, deck: HasVisibility) -> bool:
    """Whether `person` (None: not signed in) may do `action` with `deck`. The only place that decides this."""
    if deck.visibility == "private":  # its owner's alone: an editor's rights end here, an administrator's too
        own = person is not None and deck.owner_id == person.id
        return own and (action != "study" or deck.archived_at is None)
    if person is not None and person.is_editor:
        return action == "edit" or deck.archived_at is None or action == "read"
    if action == "edit" or deck.archived_at is not None:
        return False
    if person is None:
        return action == "read" and deck.visibility == "public"
    return deck.visibility in ("public", "members")


def allows(person: Viewer | None, action: Action, deck: HasVisibility) -> bool:
    """`can` for the one deck or card that a request names: that somebody asked for what is not theirs is logged."""
    allowed = can(person, action, deck)
    if not allowed:
        refused(person)
    return allowed


def refused(person: Viewer | None) -> None:
    """Have in the server's log that whoever is signed in asked for what is not theirs."""
    if person is not None and has_request_context():
        log.info("access refused", user=person.id, endpoint=request.endpoint, address=request.remote_addr or "")


def readable(person: Viewer | None, me: ColumnElement[int] | None = None) -> ColumnElement[bool]:
    """`can(person, "read", deck)` as a condition on `Deck`, leaving out archived decks, for lists.

    A statement that is kept for other people gives `me`, the parameter that the reader's id is bound to.
    """
    living = Deck.archived_at.is_(None)
    if person is None:
        return and_(living, Deck.visibility == "public")
    others = Deck.visibility != "private" if person.is_editor else Deck.visibility.in_(("public", "members"))
    return and_(living, or_(others, _own(person, me)))


def editable(person: Viewer) -> ColumnElement[bool]:
    """`can(person, "edit", deck)` as a condition on `Deck`."""
    return or_(Deck.visibility != "private", _own(person)) if person.is_editor else _own(person)


def _own(person: Viewer, me: ColumnElement[int] | None = None) -> ColumnElement[bool]:
    return and_(Deck.visibility == "private", Deck.owner_id == (person.id if me is None else me))


_declared_elsewhere: dict[str, Access] = {"static": Access.ANYONE}


def access(
    level: Access,
    *,
    of: Callable[[Viewer], bool] | None = None,
    offered_on: Callable[[], str] | None = None,
    looks_itself: bool = False,
) -> Callable[[View], View]:
    """Declare who may call a view. Put it under the route decorator.

    Where what the address names may be somebody's own, `of` decides for whoever is signed in, whatever their level:
    it opens the view to its owner and closes it to everybody else. Where a view gives a file, `offered_on` gives the
    address of the page that offers it ("" where it gives none): see `asked_for`. A view that `looks_itself` at who asks,
    in the transaction in which it does something, begins by what was known before (`sessions.believed`).
    """

    def declare(view: View) -> View:
        view.__access__ = level  # type: ignore[attr-defined]
        view.__access_of__ = of  # type: ignore[attr-defined]
        view.__offered_on__ = offered_on  # type: ignore[attr-defined]
        view.__looks_itself__ = looks_itself  # type: ignore[attr-defined]
        return view

    return declare


def fresh(view: View) -> View:
    """Ask for the password first where it was given more than ten minutes ago. Put it under `access`.

    A form goes along to that question, which keeps what it held and sends it on when it is answered.
    """

    @wraps(view)
    def checked(*args: Any, **values: Any) -> Any:
        if is_fresh(require_viewer()):
            return view(*args, **values)
        if request.method in ("GET", "HEAD"):
            return redirect(url_for("accounts.prove", next=here()), 303)
        return to_prove_first(came_from(url_for("study.home")))

    checked.__fresh__ = True  # type: ignore[attr-defined]
    return checked  # type: ignore[return-value]


def to_prove_first(back: str) -> Response:
    """Take the form that was just sent along to the question who it is; `back` is the page that it is on."""
    return redirect(url_for("accounts.prove", next=back, again=here()), 307)


def asked_for() -> str:
    """Where whoever signs in first is led to: the page that was asked for, or the one that offers the file that was.

    A browser that saves a file goes on showing what it showed, and that would be the page to sign in on.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    offered_on = getattr(view, "__offered_on__", None)
    return (offered_on and offered_on()) or here()


def declare(endpoint: str, level: Access) -> None:
    """Declare who may call a view that a library registers."""
    _declared_elsewhere[endpoint] = level


def level_of(app: Flask, endpoint: str) -> Access | None:
    """What a route declares; None if it declares nothing."""
    declared = getattr(app.view_functions[endpoint], "__access__", None)
    return declared if declared is not None else _declared_elsewhere.get(endpoint)


def init_app(app: Flask) -> None:
    """Check every request before its view runs."""
    app.add_template_global(asked_for)
    app.before_request(_check)


def check_again() -> None:
    """For a view that `looks_itself` and found somebody else: end the request if they may not call it either."""
    viewer()  # from here on it is known, not believed
    refusal = _check()
    if refusal is not None:
        abort(refusal)


def _check() -> Response | None:
    if request.endpoint is None:
        return None
    if any("\0" in str(named) for named in (request.view_args or {}).values()):
        abort(404)  # no name holds it, and PostgreSQL would not even look
    if request.is_json and request.method not in ("GET", "HEAD", "OPTIONS"):
        abort(415)  # no page sends it, and forms would take its numbers and lists for the text of fields
    level = level_of(current_app, request.endpoint)
    if level is None:
        abort(404)
    if level is Access.ANYONE:
        return None
    view = current_app.view_functions[request.endpoint]
    belief = believed() if getattr(view, "__looks_itself__", False) else None
    person = viewer() if belief is None else belief.person
    if person is None:
        return _not_signed_in(level)
    of = getattr(view, "__access_of__", None)
    if not (of(person) if of is not None else person.rank >= level):
        refused(person)
        abort(404)
    return None


def _not_signed_in(level: Access) -> Response:
    reads = request.method in ("GET", "HEAD")
    if "sid" in cookie and not reads and "X-Fragment" not in request.headers:
        return signed_out()
    if level is not Access.LEARNER:
        abort(404)
    if reads:
        return redirect(url_for("security.login", next=asked_for()))
    return redirect(url_for("security.login"), 303)
