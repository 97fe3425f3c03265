"""Headers of every response: content policy, caching, and the request's id."""

import re
import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, request

from app.config import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def request_id() -> str:
    """The id that a reader can give an administrator, and that the logs carry."""
    found: str | None = g.get("request_id")
    if found is None:
        given = request.headers.get("X-Request-Id", "")
        found = g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(4)
    return found


def of_all(settings: Settings) -> dict[str, str]:
    """What every response has alike."""
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if settings.https:
        # Below a path the host is somebody else's, and so is the choice for the hosts below it.
        headers["Strict-Transport-Security"] = f"max-age=31536000{'' if settings.path else '; includeSubDomains'}"
    return headers


def init_app(app: Flask, settings: Settings) -> None:
    """Set the headers of every response, errors and redirects included. Call it before what moves addresses."""
    alike = tuple(of_all(settings).items())
    portal = app.wsgi_app

    def headed(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            return start_response(status, [*headers, *alike], error)

        return portal(environ, start)

    app.wsgi_app = headed  # type: ignore[method-assign]  # as Flask's documentation says to

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        headers["X-Request-Id"] = request_id()
        if "Cache-Control" not in headers:
            _caching(response)
        return response


def _caching(response: Response) -> None:
    """Signed-in pages are kept by nobody; signed-out ones may be kept by the browser and asked for again."""
    if g.get("viewer") is not None or response.status_code >= 400 or request.method not in ("GET", "HEAD"):
        response.headers["Cache-Control"] = "no-store"
        return
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Cookie, X-Fragment"
    if response.status_code == 200 and not response.is_streamed and not response.direct_passthrough:
        response.add_etag()
        response.make_conditional(request)
