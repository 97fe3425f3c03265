"""Views that are small and come often run one at a time in each process (`app.db.baton`) where others wait for their changes."""

import re
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

from flask import Flask

from app.config import Settings
from app.db import baton
from app.web.access import View

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


MOST_BYTES = 65_536
"""A form larger than this is nothing small."""
_FEW = re.compile(r"[0-9]{1,5}")


def small(view: View) -> View:
    """Declare that a view of one fixed address takes a few milliseconds, and comes often."""
    view.__small__ = True  # type: ignore[attr-defined]  # read back by `init_app`
    return view


def init_app(app: Flask, settings: Settings) -> None:
    """Have what is declared small run one at a time, where several processes serve SQLite. Call it before what moves addresses.

    With one process it gains nothing, and PostgreSQL's answers wait for the server most of the time.
    """
    if not settings.processes_share_a_file:
        return
    portal = app.wsgi_app

    @cache
    def addresses() -> frozenset[str]:
        views = app.view_functions
        return frozenset(str(rule) for rule in app.url_map.iter_rules() if hasattr(views[rule.endpoint], "__small__"))

    def handed_on(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] not in addresses() or not _is_here(environ):
            return portal(environ, start_response)
        baton.take()
        try:
            return portal(environ, start_response)
        finally:
            baton.pass_on()

    app.wsgi_app = handed_on  # type: ignore[method-assign]  # as Flask's documentation says to


def _is_here(environ: "WSGIEnvironment") -> bool:
    """Take in the whole form, so that nobody waits for a client that is slow to send it; whether it is a small one."""
    length = environ.get("CONTENT_LENGTH", "")
    if environ["REQUEST_METHOD"] != "POST" or not _FEW.fullmatch(length) or int(length) > MOST_BYTES:
        return False
    environ["wsgi.input"] = BytesIO(environ["wsgi.input"].read(int(length)))
    return True
