"""Choosing decks."""

from functools import partial
from itertools import groupby

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.study import choices, overview
from app.study.picking import sources
from app.study.queries import study_day_of
from app.study.views.blueprint import blueprint
from app.web import clock
from app.web.access import Access, access
from app.web.database import session, transact
from app.web.pages import shown
from app.web.sessions import require_viewer


@blueprint.get("/choose")
@access(Access.LEARNER)
def choose() -> Response:
    """Every deck this person may study, the chosen ones ticked."""
    person, now = require_viewer(), clock.now()
    decks = overview.deck_progress(session(), person, now=now)
    in_order = sorted(decks, key=lambda one: (one.deck.collection is None, one.deck.collection or "", one.deck.title))
    groups = [(name, list(some)) for name, some in groupby(in_order, key=lambda one: one.deck.collection)]
    return shown(
        "study/choose.html",
        area="library",
        decks=decks,
        groups=groups,
        today=study_day_of(person, now),
        sources=sources(session(), person),
    )


@blueprint.post("/choose")
@access(Access.LEARNER)
def save_choice() -> Response:
    """Study the ticked ones of the decks that the form offered."""
    work = partial(
        choices.choose,
        viewer=require_viewer(),
        offered=set(request.form.getlist("offered")),
        chosen=set(request.form.getlist("deck")),
        now=clock.now(),
    )
    change = transact(work)
    flash(
        ngettext("Saved. You study %(num)s deck.", "Saved. You study %(num)s decks.", change.chosen)
        if change.chosen
        else _("Saved. You study no deck now; what you have learned is kept.")
    )
    return redirect(url_for("study.home"), 303)


@blueprint.post("/decks/<slug>/choose")
@access(Access.LEARNER)
def choose_deck(slug: str) -> Response:
    """Add one deck to one's library, or leave it out."""
    study = request.form.get("study") == "yes"
    try:
        work = partial(choices.choose_one, viewer=require_viewer(), slug=slug, study=study, now=clock.now())
        title = transact(work)
    except choices.NotToStudy:
        abort(404)
    if study:
        flash(_("“%(title)s” is in your library now.", title=title))
    else:
        flash(_("“%(title)s” is left out. What you have learned of it is kept.", title=title))
    return redirect(url_for("study.deck", slug=slug), 303)
