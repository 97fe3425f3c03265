"""Limits on costly requests, by client address. Sign-in has counters of its own, kept as rows."""

from flask import Flask, request
from flask_limiter import Limiter
from limits.errors import ConfigurationError
from limits.storage import storage_from_string

from app.config import Settings, SettingsError


def _client() -> str:
    return request.remote_addr or "unknown"


limiter = Limiter(key_func=_client, default_limits=[], headers_enabled=False)
"""Decorate a costly view with `@limiter.limit("60/minute")`."""


def init_app(app: Flask, settings: Settings) -> None:
    """Keep the counts where `LIMITS_STORAGE` says: in each process for itself, or for all in Valkey or Redis."""
    app.config["RATELIMIT_STORAGE_URI"] = settings.limits_storage
    app.config["RATELIMIT_STRATEGY"] = "moving-window"
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True  # a Redis that goes away takes no page with it
    limiter.init_app(app)
    # Decorated views check themselves; there is no limit that holds for every request.
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.after_request_funcs[None].pop()  # it would look for headers to add, and there are none


def check(settings: Settings) -> None:
    """Raise `SettingsError` for a place of counts that there is not, or that does not answer."""
    try:
        storage = storage_from_string(settings.limits_storage)
        if not storage.check():
            raise ValueError("nothing answers there. ")
    except (ConfigurationError, ValueError) as error:
        raise SettingsError(
            "LIMITS_STORAGE",
            f"it cannot be used ({str(error).split('. ')[0].rstrip('.')}).",
            "Use memory://, or redis://host:6379 of a Redis or Valkey that runs.",
        ) from error
