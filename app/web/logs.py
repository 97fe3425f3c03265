"""Structured logs: one line an event, with the request's id, never a password, token or cookie."""

import json
import logging
import re
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

import structlog
from flask import Flask, has_request_context, request

from app.config import Settings
from app.web.headers import request_id

_SECRET_WORDS = ("password", "token", "cookie", "secret", "authorization")


def _add_request(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    if has_request_context():
        event.setdefault("request_id", request_id())
        event.setdefault("method", request.method)
        event.setdefault("path", _path())
    return event


def _path() -> str:
    """The path asked for; where it carries a token, the rule that it matched."""
    return str(request.url_rule) if request.url_rule and "token" in (request.view_args or {}) else request.path


def _hide_secrets(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = "hidden"
    return event


_known: set[str] = set()
"""Secrets of the settings, which no line may hold, wherever they come from."""
_SHORTEST = 6


_LINK = re.compile(r"/(reset|register|address|invitation|setup|calendar|reminders/stop)/[\w.~%-]+")
"""Addresses that open something to whoever has them, also where other parts of the server write them down."""
_HASH = re.compile(r"\$argon2[^\s,)\"']+")
"""A password's hash: PostgreSQL repeats a whole row when it refuses one."""


class _WithoutSecrets:
    """A renderer whose lines hold none of the settings' secrets, nor an address that is one."""

    def __init__(self, renderer: Any) -> None:
        self._renderer = renderer

    def __call__(self, logger: Any, method: str, event: Any) -> Any:
        line = self._renderer(logger, method, event)
        for secret in _known:
            line = line.replace(secret, "hidden")
        return _HASH.sub("hidden", _LINK.sub(r"/\1/hidden", line))


def know(settings: Settings) -> None:
    """Keep the secrets of these settings out of every line from now on."""
    server = settings.mail_server
    urls = (settings.database_url, settings.limits_storage, settings.mail_url)
    in_urls = (urlsplit(url).password or "" for url in urls)
    of_others = (server.password if server else "", settings.oidc_client_secret, *in_urls)
    for secret in (*settings.secret_keys, *of_others):
        if len(secret) >= _SHORTEST:
            _known.update((secret, unquote(secret), json.dumps(secret)[1:-1]))


def set_up(level: str) -> None:
    """Send structlog and the standard library's logging to standard error as one stream."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request,
        _hide_secrets,
    ]
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                _WithoutSecrets(renderer),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)


def init_app(app: Flask, settings: Settings) -> None:
    """Let the application's own logger speak through the root handler."""
    app.logger.handlers.clear()
    app.logger.propagate = True
    app.logger.setLevel(settings.log_level)
    know(settings)
