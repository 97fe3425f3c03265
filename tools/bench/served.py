"""The portal, and beside it a bare Flask route with a constant text, in the same gunicorn."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask

from app.factory import create_app

bare = Flask("bare")
BARE = "/bare"


@bare.get(BARE)
def constant() -> str:
    """A constant text."""
    return "constant text"


portal = create_app()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Hand a request to the one it is for."""
    app = bare if environ["PATH_INFO"] == BARE else portal
    return app.wsgi_app(environ, start_response)
