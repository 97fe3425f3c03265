"""A learner's settings."""

from functools import partial

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.accounts import security
from app.accounts.queries import security_summary
from app.study import preferences
from app.study.forms import SettingsForm
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import Viewer, require_viewer


@blueprint.route("/settings", methods=["GET", "POST"])
@access(Access.LEARNER)
def settings() -> Response:
    """How one studies; and the account, with links to what changes it."""
    person = require_viewer()
    form = _form(person)
    if form.validate_on_submit():
        transact(partial(preferences.save, user_id=person.id, preferences=form.preferences()))
        flash(_("Your study settings are saved."))
        return redirect(url_for("study.settings"), 303)
    summary = security_summary(session(), person, now=clock.now(), settings=security.settings())
    return shown("study/settings.html", 422 if form.errors else 200, area="settings", form=form, summary=summary)


def _form(person: Viewer) -> SettingsForm:
    return SettingsForm(
        zone=person.zone,
        rollover_hour=person.rollover_hour,
        new_per_day=person.new_per_day,
        reviews_per_day=person.reviews_per_day,
        new_order=person.new_order,
        review_order=person.review_order,
        learning_steps=person.learning_steps,
        grade_scale=person.grade_scale,
        type_answer=person.type_answer,
        shortcuts=person.shortcuts,
        theme=person.theme,
        reading_size=person.reading_size,
        measure=person.measure,
        swipes=person.swipes,
        goal_cards=person.goal_cards,
        goal_minutes=person.goal_minutes,
    )
