"""Where the portal stands: each request is taken to be for the address in BASE_URL, whatever its headers say.

So a forged Host changes nothing, and below a path (`https://host/study`) every address that is built begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Settings
from app.web import headers

_PICTURE = re.compile(rb'(<img\b[^<>]*?\ssrc=")(/media/)')
"""Pictures in stored HTML: it is the same wherever the portal stands."""


class _Placed:
    """The portal's own WSGI application, told where it stands."""

    def __init__(self, inner: Any, settings: Settings) -> None:
        self._inner = inner
        parts = urlsplit(settings.base_url)
        self._scheme, self._host, self._prefix = parts.scheme, parts.netloc, settings.path
        self._proxied = settings.trusted_proxies > 0
        self._plain = [("Content-Type", "text/plain; charset=utf-8"), *headers.of_all(settings).items()]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["wsgi.url_scheme"], environ["HTTP_HOST"] = self._scheme, self._host
        if self._prefix:
            path = environ.get("PATH_INFO", "")
            shortened = self._proxied and environ.get("HTTP_X_FORWARDED_PREFIX", "").rstrip("/") == self._prefix
            if not shortened and not path.startswith("/health/"):
                if not path.startswith(f"{self._prefix}/"):
                    return self._elsewhere(path, start_response)
                environ["PATH_INFO"] = path.removeprefix(self._prefix)
            environ["SCRIPT_NAME"] = self._prefix
        inner: Iterable[bytes] = self._inner(environ, start_response)
        return inner

    def _elsewhere(self, path: str, start_response: Any) -> Iterable[bytes]:
        """Outside of the portal's path: its front door from the root and without its slash, and otherwise nothing.

        Without the slash a browser sends no cookie of the portal's, and whoever is signed in would look signed out.
        """
        if path in ("", "/", self._prefix):
            start_response("302 Found", [*self._plain, ("Location", f"{self._prefix}/")])
            return [b""]
        start_response("404 Not Found", [*self._plain])
        return [f"This portal is at {self._prefix}/.\n".encode()]


def init_app(app: Flask, settings: Settings) -> None:
    """Put the portal where its settings say, behind as many proxies as they trust."""
    if settings.base_url:
        app.wsgi_app = _Placed(app.wsgi_app, settings)  # type: ignore[method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign]
    if settings.path:
        _lead_pictures(app, settings.path)


def _lead_pictures(app: Flask, prefix: str) -> None:
    wanted = rb"\1" + prefix.encode() + rb"\2"

    @app.after_request
    def lead(response: Response) -> Response:
        if response.mimetype == "text/html" and not response.is_streamed and not response.direct_passthrough:
            response.set_data(_PICTURE.sub(wanted, response.get_data()))
        return response
