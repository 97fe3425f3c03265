"""Pages: templates, words, dates, the joined style sheet and the addresses of static files."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from babel import Locale
from flask import Flask, Response, current_app, render_template, request, url_for
from flask_babel import (
    Babel,
    format_date,
    format_datetime,
    format_decimal,
    get_locale,
    to_user_timezone,
)
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings
from app.db.models import Portal
from app.db.session import DatabaseBusy
from app.web import clock, words
from app.web.access import Access, access
from app.web.database import db
from app.web.sessions import Viewer, viewer

LAYERS = ("tokens", "base", "layout", "components", "pages")
_YEAR = "public, max-age=31536000, immutable"


def wants_fragment() -> bool:
    """Whether a script asked for the part of the page that changes, instead of the whole page."""
    return request.headers.get("X-Fragment") is not None


def render(template: str, partial: str, **values: Any) -> str:
    """The page, or only its `partial` when a script asks for that; both are the same template."""
    return render_template(partial if wants_fragment() else template, **values)


def shown(template: str, status: int = 200, **values: Any) -> Response:
    """A page with its status."""
    return current_app.make_response((render_template(template, **values), status))


def may_edit_decks() -> bool:
    """Whether the reader has decks to edit: all, or, where the portal allows it, their own."""
    person = viewer()
    return person is not None and (person.is_editor or current_app.config["REPRISE_SETTINGS"].own_decks > 0)


def day_label(day: date, today: date) -> str:
    """A date as a reader says it: no year when it is this one."""
    form = "EEE d MMM" if day.year == today.year else "d MMM yyyy"
    return words.kept((form, day), lambda: str(format_date(day, form)))


def interval_label(days: int) -> str:
    """An interval as a button shows it: days, then months, then years."""
    return words.kept(("interval", days), lambda: _interval_label(days))


def _interval_label(days: int) -> str:
    if days < 61:
        return str(_("%(n)s d", n=days))
    if days < 730:
        return str(_("%(n)s mo", n=format_decimal(round(days / 30.44, 1 if days < 300 else 0))))
    return str(_("%(n)s y", n=format_decimal(round(days / 365.25, 1))))


def grade_name(grade: int) -> str:
    """What the four buttons call a grade; of the full scale the number says more than a name."""
    names = {1: _("Again"), 3: _("Hard"), 4: _("Good"), 5: _("Easy")}
    return str(names.get(grade, grade))


def _style(folder: Path) -> bytes:
    return b"".join((folder / "css" / f"{layer}.css").read_bytes() for layer in LAYERS)


def init_app(app: Flask) -> None:
    """Set up words and dates, and what every template may use."""
    english = Locale.parse("en")
    Babel(app, locale_selector=lambda: english, timezone_selector=_zone)
    words.init_app(app)
    folder = Path(app.static_folder or "")
    style = _style(folder)
    settings: Settings = app.config["REPRISE_SETTINGS"]
    below = settings.path
    digests: dict[str, str] = {"reprise.css": hashlib.sha256(style).hexdigest()[:12]}

    @app.get("/assets/<digest>/reprise.css")
    @access(Access.ANYONE)
    def style_sheet(digest: str) -> Response:
        body = _style(folder) if app.debug else style
        response = Response(body, mimetype="text/css")
        response.headers["Cache-Control"] = _YEAR if digest == digests["reprise.css"] else "no-cache"
        return response

    @app.after_request
    def keep_static(response: Response) -> Response:
        if request.endpoint == "static" and request.args.get("v") and response.status_code == 200:
            response.headers["Cache-Control"] = _YEAR
        return response

    def asset(name: str) -> str:
        if name == "reprise.css":
            return f"{below}/assets/{digests[name]}/reprise.css"
        if name not in digests or app.debug:
            digests[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return f"{below}/static/{name}?v={digests[name]}"

    app.jinja_env.globals.update(
        asset=asset,
        home_url=lambda: url_for("study.home"),
        may_edit_decks=may_edit_decks,
        portal_name=portal_name,
        viewer=viewer,
        in_the_open=settings.in_the_open,
        look=look,
        day_label=day_label,
        interval_label=interval_label,
        grade_name=grade_name,
        moment=moment,
        format_date=format_date,
        format_decimal=format_decimal,
        format_datetime=format_datetime,
        get_locale=get_locale,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def look(person: Viewer) -> dict[str, str]:
    """How pages look for somebody: attributes of `<html>` that the style sheet knows; none for what is usual."""
    wanted = {"data-theme": person.theme, "data-size": person.reading_size, "data-measure": person.measure}
    return {name: value for name, value in wanted.items() if value not in ("system", "normal")}


_PORTAL_KEPT_S = 2
"""Another process may have changed it."""


def portal_name() -> str:
    """The portal's name, read again after a moment; the last known one when the database is away."""
    kept: tuple[str, datetime] | None = current_app.extensions.get("portal_name")
    now = clock.now()
    if kept is not None and (now - kept[1]).total_seconds() < _PORTAL_KEPT_S:
        return kept[0]
    try:
        name = db.session.scalar(select(Portal.name)) or "Reprise"
    except (SQLAlchemyError, DatabaseBusy):
        name = kept[0] if kept else "Reprise"
    current_app.extensions["portal_name"] = (name, now)
    return name


def forget_portal() -> None:
    """The portal's own row was changed: read it again."""
    current_app.extensions.pop("portal_name", None)


def _zone() -> str:
    person = viewer()
    return person.zone if person else "UTC"


def moment(instant: datetime) -> str:
    """When something was, as short as it can be said to the reader: today 14:02, 9 Nov, 9 Nov 2025."""
    here, today = to_user_timezone(instant), to_user_timezone(clock.now())
    if here.date() == today.date():
        return str(_("today %(time)s", time=local_time(instant)))
    return str(format_date(instant, "d MMM" if here.year == today.year else "d MMM yyyy"))


def local_time(instant: datetime) -> str:
    """An instant as a wall clock shows it to the reader: 14:02."""
    return str(format_datetime(instant, "HH:mm"))
