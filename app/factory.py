"""The application: the only file that sees every room."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_wtf import CSRFProtect

from app.accounts import security
from app.accounts import views as accounts
from app.accounts.views.entrance import entrance
from app.admin import views as admin
from app.config import Settings
from app.library import sources
from app.library import views as library
from app.progress import views as progress
from app.study import reminders
from app.study import views as study
from app.web import (
    access,
    audit,
    cookies,
    database,
    errors,
    headers,
    health,
    jobs,
    limits,
    logs,
    mail,
    pages,
    placing,
    sessions,
    tokens,
)

csrf = CSRFProtect()


class Portal(Flask):
    """Flask without a look at every hook and view of every request whether it is one of asyncio: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The portal, ready to serve. Without `settings` they are read from the environment.

    Raises `SettingsError` for a setting that cannot be used.
    """
    settings = settings or Settings.from_environment()
    app = Portal("app", template_folder="templates", static_folder="static")
    _configure(app, settings)
    app.session_interface = cookies.KeptCookies()
    logs.init_app(app, settings)
    database.init_app(app, settings)
    sessions.init_app(app)
    headers.init_app(app, settings)
    placing.init_app(app, settings)
    pages.init_app(app)
    errors.init_app(app)
    limits.init_app(app, settings)
    jobs.init_app(app)
    mail.init_app(app)
    tokens.init_app()
    csrf.init_app(app)
    access.init_app(app)
    audit.init_app(app)
    app.register_blueprint(health.blueprint)
    _rooms(app, settings)
    return app


def _rooms(app: Flask, settings: Settings) -> None:
    """Register the rooms."""
    security.init_app(app)
    app.register_blueprint(entrance)
    for room in (accounts, library, study, progress, admin):
        app.register_blueprint(room.blueprint)
    jobs.handle(app, sources.JOB, sources.run)
    csrf.exempt(study.reminders.stop_reminders)  # the token in its address says whose they are, and no cookie
    mail.kind(app, "reminder", reminders.write_reminder)
    jobs.periodically(
        app, "reminders", every=timedelta(minutes=5), chore=lambda *given: {"reminders": reminders.remind(*given)}
    )


def _configure(app: Flask, settings: Settings) -> None:
    prefix = "" if not settings.https else "__Secure-" if settings.path else "__Host-"
    app.config.update(
        REPRISE_SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=[*settings.secret_key_fallbacks],
        SESSION_COOKIE_NAME=f"{prefix}reprise",
        SESSION_COOKIE_PATH=f"{settings.path}/" if settings.path else "/",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.session_days),
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en",
    )
