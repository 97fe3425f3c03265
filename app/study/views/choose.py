"""Choosing decks."""

from functools import partial
from itertools import groupby

from flask import abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.scheduling.queue import DeckLimits
from app.study import choices, overview
from app.study.forms import DeckLimitsForm
from app.study.overview import DeckProgress
from app.study.picking import sources
from app.study.queries import chosen_decks, study_day_of
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
    return choose_page()


def choose_page(wrong: str = "") -> Response:
    """The page with both its forms; what is `wrong` with the one for a session, which comes back as it was sent."""
    person, now = require_viewer(), clock.now()
    decks = overview.deck_progress(session(), person, now=now)
    in_order = sorted(decks, key=lambda one: (*_group(one), one.deck.title))
    groups = [(kind, name, list(some)) for (kind, name), some in groupby(in_order, key=_group)]
    return shown(
        "study/choose.html",
        422 if wrong else 200,
        area="library",
        decks=decks,
        groups=groups,
        today=study_day_of(person, now),
        sources=sources(session(), person),
        wrong=wrong,
        sent=request.form if wrong else {},
    )


def _group(one: DeckProgress) -> tuple[int, str]:
    """Where a deck is listed: 0 and its collection's title, 1 for decks of none, 2 for one's own."""
    own = one.deck.visibility == "private"
    return (2, "") if own else (0, one.deck.collection) if one.deck.collection else (1, "")


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


@blueprint.route("/decks/<slug>/limits", methods=["GET", "POST"])
@access(Access.LEARNER)
def deck_limits(slug: str) -> Response:
    """How much a deck that one studies may bring a day."""
    person = require_viewer()
    chosen = next((one for one in chosen_decks(session(), person) if one.slug == slug), None)
    if chosen is None:  # its page says why, or that it is not there
        return redirect(url_for("study.deck", slug=slug), 303)
    form = DeckLimitsForm(new_per_day=chosen.limits.new, reviews_per_day=chosen.limits.reviews)
    if form.validate_on_submit():
        limits = DeckLimits(form.new_per_day.data, form.reviews_per_day.data)
        transact(partial(choices.limit, viewer=person, deck_id=chosen.id, limits=limits))
        flash(_("The limits of “%(title)s” are saved.", title=chosen.title))
        return redirect(url_for("study.deck", slug=slug), 303)
    return shown("study/deck_limits.html", 422 if form.errors else 200, area="library", form=form, chosen=chosen)
