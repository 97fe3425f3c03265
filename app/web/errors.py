"""Errors as pages: what happened, whether work is safe, what to do. No bare status ever reaches a reader."""

from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.db.session import DatabaseBusy
from app.web.database import db
from app.web.headers import request_id
from app.web.redirects import came_from
from app.web.sessions import viewer

RETRY_AFTER_S = 20
_READ_ONLY = "25006"
"""PostgreSQL's code for a write to a standby, or to a database that its operator has closed to writers."""
_KEPT_BACK = {"csrf_token", "password", "new_password", "password_confirm", "new_password_confirm", "current_password"}
"""Fields that are never shown again."""


_TICKED = {"to", "progress", "settings"}
"""Fields that the page which was sent has again when it is opened: nobody wrote anything into them."""


class Refusal(Exception):
    """A request that a view cannot take: the status, what happened and what to do, as a page."""

    def __init__(self, status: int, title: str, text: str, *, back: str = "", back_label: str = "") -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.text = text
        self.back = back
        self.back_label = back_label


def page(status: int, template: str, **values: Any) -> Response:
    """An error page. It never asks the database who is signed in if that is what failed."""
    response = make_response(render_template(f"errors/{template}.html", status=status, **values), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def init_app(app: Flask) -> None:
    """Register a page for every kind of error."""
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(Refusal, _refused)
    for kind in (DatabaseBusy, DBAPIError, PoolTimeout):
        app.register_error_handler(kind, _unavailable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)


def _refused(error: Refusal) -> Response:
    return page(error.status, "refused", error=error)


def _same_origin() -> bool:
    """Whether the form came from a page of this portal; only then is it offered again, filled in."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    return origin is None or origin == request.host_url.rstrip("/") or origin.startswith(request.host_url)


def signed_out() -> Response:
    """For a form sent after its session had ended: the form again, filled in, to be sent after signing in.

    Where it held nothing that somebody wrote, signing in leads back to its page instead.
    """
    fields, lost = entered()
    if {name for name, _value in fields} <= _TICKED:
        fields = []
    return page(400, "expired", fields=fields, lost=lost, signed_out=True, back=came_from(""))


def _form_expired(error: CSRFError) -> Response:
    fields, lost = entered()
    current_app.logger.info("form refused: %s", error.description)
    no_cookie = current_app.config["SESSION_COOKIE_NAME"] not in request.cookies
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "__access__", None) and viewer() is None:  # signed out meanwhile, in another tab
        if "X-Fragment" in request.headers:  # the script keeps what it sent
            return make_response(redirect(url_for("security.login"), 303))
        if not no_cookie:
            return signed_out()
    return page(400, "expired", fields=fields, lost=lost, signed_out=False, no_cookie=no_cookie, back=came_from(""))


def entered(*, with_token: bool = False) -> tuple[list[tuple[str, str]], list[str]]:
    """What the form held, as far as it may be shown again, and the names of what is lost.

    Without a good form token (`with_token`) it must come from a page of this portal.
    """
    fields: list[tuple[str, str]] = []
    lost: list[str] = []
    if (with_token or _same_origin()) and request.mimetype in (
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    ):
        for name, values in request.form.lists():
            if name.lower() in _KEPT_BACK:
                lost.append(name)
                continue
            fields.extend((name, value) for value in values)
    lost.extend(name for name in request.files)
    return fields, [name for name in lost if name != "csrf_token"]


def _unavailable(error: Exception) -> Response:
    """503 for a database that is away or too busy; a mistake of ours in a statement is not that.

    A value that no column can hold (PostgreSQL takes no NUL in a text) is the request's mistake.
    """
    if isinstance(error, DataError):
        _forget_viewer()
        current_app.logger.warning("value refused by the database", exc_info=error)
        return _bad(400)
    if isinstance(error, DBAPIError) and not _is_away(error):
        return _fault(error)
    _forget_viewer()
    current_app.logger.error("database unavailable: %s", type(error).__name__, exc_info=error)
    response = page(503, "unavailable", reason=_reason(error), request_id=request_id(), retry_after=RETRY_AFTER_S)
    response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def _is_away(error: DBAPIError) -> bool:
    """Whether the database cannot do it now, rather than what was asked being wrong."""
    read_only = getattr(error.orig, "sqlstate", None) == _READ_ONLY  # the driver files it under its own mistakes
    return read_only or isinstance(error, OperationalError | InterfaceError)


def _reason(error: Exception) -> str:
    """The driver's first line, for whoever runs the portal; it holds no statement and no value."""
    if isinstance(error, DBAPIError):
        return str(error.orig).strip().splitlines()[0][:200] if str(error.orig).strip() else type(error.orig).__name__
    return str(error)[:200]


def _forget_viewer() -> None:
    g.viewer = None
    try:
        db.session.rollback()
    except Exception:
        current_app.logger.debug("rollback failed", exc_info=True)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None and status < 400:
        return error.response  # type: ignore[return-value]
    if status in (403, 404):
        return page(404, "missing")
    if status == 413:
        return page(413, "too_large", limit_mb=current_app.config["REPRISE_SETTINGS"].max_upload_mb)
    if status == 429:
        wait = int(getattr(error, "retry_after", None) or 60)
        response = page(429, "too_often", wait=wait)
        response.headers["Retry-After"] = str(wait)
        return response
    if status >= 500:
        return _fault(error)
    response = _bad(status)
    if status == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # type: ignore[attr-defined]
    return response


def _bad(status: int) -> Response:
    return page(status, "bad", detail=_("The request could not be understood. Nothing was changed."))


def _fault(error: Exception) -> Response:
    _forget_viewer()
    current_app.logger.error("fault %s", request_id(), exc_info=error)
    return page(500, "fault", request_id=request_id())
