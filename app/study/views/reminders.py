"""Reminders by mail, the page that stops them, and the calendar of due cards."""

from functools import partial
from urllib.parse import urlsplit

from flask import abort, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.accounts import security
from app.study import reminders
from app.study.forms import ReminderForm
from app.study.views.blueprint import blueprint
from app.web import clock, mail
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.limits import limiter
from app.web.pages import portal_name, shown
from app.web.sessions import require_viewer


@blueprint.route("/settings/reminders", methods=["GET", "POST"])
@access(Access.LEARNER)
def change_reminders() -> Response:
    """Which mails come and when; and the calendar's address."""
    return _page()


def _page(address: str = "") -> Response:
    person = require_viewer()
    choice = reminders.choice_of(session(), person.id)
    form = ReminderForm(daily=choice.daily, weekly=choice.weekly, hour=choice.hour)
    if not address and form.validate_on_submit():
        work = partial(
            reminders.choose,
            user_id=person.id,
            daily=form.daily.data,
            weekly=form.weekly.data,
            hour=form.hour.data,
        )
        transact(work)
        flash(_("Your reminders are saved."))
        return redirect(url_for("study.change_reminders"), 303)
    return shown(
        "study/reminders.html",
        422 if form.errors else 200,
        form=form,
        choice=choice,
        address=address,
        mails=mail.is_set_up(),
        area="settings",
    )


@blueprint.post("/settings/calendar")
@access(Access.LEARNER)
def make_calendar() -> Response:
    """A new private address of the calendar, shown this once."""
    work = partial(reminders.make_calendar, user_id=require_viewer().id, now=clock.now())
    token = transact(work)
    return _page(mail.link("study.calendar", token=token))


@blueprint.post("/settings/calendar/end")
@access(Access.LEARNER)
def end_calendar() -> Response:
    """The calendar's address ends."""
    transact(partial(reminders.end_calendar, user_id=require_viewer().id))
    flash(_("The calendar's address has ended."))
    return redirect(url_for("study.change_reminders"), 303)


@blueprint.get("/calendar/<token>.ics")
@access(Access.ANYONE)
@limiter.limit("600/hour")
def calendar(token: str) -> Response:
    """Due cards of whoever's private address this is; cookies count for nothing here."""
    from app.study.ics import feed

    found = reminders.calendar(session(), token, now=clock.now())
    if found is None:
        abort(404)
    body = feed(
        found,
        name=portal_name(),
        host=urlsplit(security.settings().address).hostname or "reprise",
        address=mail.link("study.study"),
        label=lambda cards: str(ngettext("One card due", "%(num)s cards due", cards)),
        today=clock.now().date(),
    )
    return current_app.response_class(body, mimetype="text/calendar")


@blueprint.route("/reminders/stop/<token>", methods=["GET", "POST"])
@access(Access.ANYONE)
def stop_reminders(token: str) -> Response:
    """Stop reminders by a mail's link: its button, or the mail program's own (RFC 8058). Cookies count for nothing."""
    if not reminders.is_stop(token):
        return shown("study/reminders_stop.html", 404, state="unknown")
    if request.method == "POST":
        transact(partial(reminders.stop, token=token))
        return shown("study/reminders_stop.html", state="stopped")
    return shown("study/reminders_stop.html", state="asked")
