"""Who may call a view. Each view declares it; one that declares nothing is answered as if it were not there."""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar

from flask import Flask, abort, redirect, request, url_for
from werkzeug.wrappers import Response

from app.web.sessions import viewer

View = TypeVar("View", bound=Callable[..., Any])


class Access(IntEnum):
    """Levels of access; each includes the ones before it."""

    ANYONE = 0
    LEARNER = 1
    EDITOR = 2
    ADMIN = 3


_declared_elsewhere: dict[str, Access] = {"static": Access.ANYONE}


def access(level: Access) -> Callable[[View], View]:
    """Declare who may call a view. Put it under the route decorator."""

    def declare(view: View) -> View:
        view.__access__ = level  # type: ignore[attr-defined]
        return view

    return declare


def declare(endpoint: str, level: Access) -> None:
    """Declare who may call a view that a library registers."""
    _declared_elsewhere[endpoint] = level


def level_of(app: Flask, endpoint: str) -> Access | None:
    """What a route declares; None if it declares nothing."""
    declared = getattr(app.view_functions[endpoint], "__access__", None)
    return declared if declared is not None else _declared_elsewhere.get(endpoint)


def init_app(app: Flask) -> None:
    """Check every request before its view runs."""

    @app.before_request
    def check() -> Response | None:
        if request.endpoint is None:
            return None
        level = level_of(app, request.endpoint)
        if level is None:
            abort(404)
        if level is Access.ANYONE:
            return None
        person = viewer()
        if person is None:
            if level is not Access.LEARNER:
                abort(404)
            if request.method in ("GET", "HEAD"):
                return redirect(url_for("security.login", next=request.full_path.rstrip("?")))
            return redirect(url_for("security.login"), 303)
        if person.rank < level:
            abort(404)
        return None
