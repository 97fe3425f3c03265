"""The audit log: a page, and as CSV."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response as FlaskResponse
from flask import request, stream_with_context, url_for
from werkzeug.wrappers import Response

from app.accounts import audit
from app.accounts.audit import Entry, Filter
from app.admin.audit_words import AREAS, ROLES, WORDS
from app.admin.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session
from app.web.limits import limiter
from app.web.pages import shown
from app.web.sessions import require_viewer

CSV = "20/hour"
_WANTED = ("q", "kind", "person", "since", "until")


@blueprint.get("/audit", endpoint="audit")
@access(Access.ADMIN)
def overview() -> Response:
    """What was done, the newest first, by day."""
    wanted = replace(_filter(), before=_number("before"))
    found = audit.entries(session(), wanted)
    zone = _zone()
    days = [(day, list(some)) for day, some in groupby(found.entries, key=lambda one: one.at.astimezone(zone).date())]
    kept = _kept()
    return shown(
        "admin/audit.html",
        area="edit",
        found=found,
        days=days,
        today=clock.now().astimezone(zone).date(),
        kept=kept,
        kinds=AREAS,
        words=WORDS,
        roles=ROLES,
        place=place,
    )


@blueprint.get("/audit.csv")
@access(Access.ADMIN, offered_on=lambda: url_for("edit.audit", **_kept()))
@limiter.limit(CSV)
def audit_csv() -> Response:
    """The entries that are asked for, as CSV."""
    response = FlaskResponse(stream_with_context(_lines(_filter())), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=audit.csv"
    response.headers["Cache-Control"] = "no-store"
    return response


HEAD = ("id", "at", "action", "area", "by", "role", "address", "subject", "thing", "name", "label", "detail")


def _lines(wanted: Filter) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow(HEAD)
    for one in audit.all_entries(session(), wanted):
        by = "deleted user" if one.by_erased else one.by
        subject = "deleted user" if one.subject_erased else one.subject
        detail = "; ".join(f"{name}: {value}" for name, value in one.detail.items())
        cells = (one.action, one.area, by, one.role, one.address, subject, one.thing, one.guid, one.label, detail)
        writer.writerow([one.id, one.at.isoformat(timespec="seconds"), *map(_plain, cells)])
        if buffer.tell() > 60_000:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def place(one: Entry) -> str:
    """Where the thing of an entry is looked at; nowhere if it has no page."""
    if not one.guid:
        return ""
    pages: dict[str, tuple[str, dict[str, Any]]] = {
        "bulk": ("edit.bulk_done", {"guid": one.guid}),
        "card": ("edit.card", {"guid": one.guid}),
        "deck": ("edit.deck", {"slug": one.guid}),
        "import": ("edit.applied_import", {"guid": one.guid}),
        "source": ("edit.sources", {}),
    }
    endpoint, values = pages.get(one.thing, ("", {}))
    return url_for(endpoint, **values) if endpoint else ""


def _kept() -> dict[str, Any]:
    """What the address says, as a link to the same entries says it."""
    return {name: request.args[name][:200] for name in _WANTED if request.args.get(name)}


def _filter() -> Filter:
    args = {name: request.args.get(name, "")[:200].replace("\0", " ").strip() for name in _WANTED}
    until = _day(args["until"])
    return Filter(
        query=args["q"],
        actions=_said(args["q"]),
        area=args["kind"],
        person=args["person"],
        since=_start(_day(args["since"])),
        until=_start(until + timedelta(days=1) if until is not None and until < date.max else None),
    )


def _said(words: str) -> tuple[str, ...]:
    """The actions whose sentences have these words."""
    looked_for = words.casefold()
    return tuple(action for action, text in WORDS.items() if looked_for in str(text).casefold()) if words else ()


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _start(day: date | None) -> datetime | None:
    """When a day begins where the reader is."""
    if day is None or not 1970 <= day.year < 9000:
        return None
    return datetime.combine(day, time(), _zone()).astimezone(UTC)


def _zone() -> ZoneInfo:
    return ZoneInfo(require_viewer().zone)


def _number(name: str) -> int:
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
