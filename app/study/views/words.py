"""How the study page says grades, what they bring, and which option was right: for its templates."""

from collections.abc import Sequence
from datetime import date, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.study.question import Outcome, Question
from app.study.views.blueprint import blueprint
from app.web.moulds import passes_holes
from app.web.pages import day_label, interval_label
from app.web.words import kept

COLOURS = ("g1", "g1", "g1", "g2", "g3", "g4")
"""The class of each grade's colour: Again, Hard, Good, Easy."""
_FOUR = (_l("Again"), _l("Again"), _l("Again"), _l("Hard"), _l("Good"), _l("Easy"))
_SIX = (_l("0 Blank"), _l("1 Wrong"), _l("2 Nearly"), _l("3 Hard"), _l("4 Good"), _l("5 Easy"))


@blueprint.app_template_filter()
@passes_holes
def cards_left(left: int) -> str:
    """How many cards a session has left, for who hears it."""
    return kept(("left", left), lambda: str(ngettext("%(num)s card left", "%(num)s cards left", left)))


@blueprint.app_template_filter()
def with_kind(title: str, only: str) -> str:
    """What is studied: the title of a scope, and what alone of it (`Scope.only`)."""
    kinds = {"": "", "new": _("New cards"), "due": _("Reviews")}
    return " · ".join(filter(None, (title, kinds[only])))


@blueprint.app_template_filter()
@passes_holes
def seen_times(times: int) -> str:
    """How often a card was answered."""
    return kept(("seen", times), lambda: str(ngettext("Seen %(num)s time", "Seen %(num)s times", times)))


@blueprint.app_template_filter()
@passes_holes
def grade_name(grade: int) -> str:
    """A grade as the four buttons call it."""
    return kept(("four", grade), lambda: str(_FOUR[grade]))


@blueprint.app_template_filter()
def grade_number_name(grade: int) -> str:
    """A grade as the six buttons call it."""
    return kept(("six", grade), lambda: str(_SIX[grade]))


@blueprint.app_template_filter()
def grade_colour(grade: int) -> str:
    """The class of a grade's colour."""
    return COLOURS[grade]


@blueprint.app_template_filter()
@passes_holes
def brings(outcome: Outcome, today: date) -> str:
    """What a button says its grade brings: today, an interval, or on a repeat the day that is set."""
    if outcome.again or outcome.due is None:
        return kept(("today",), lambda: str(_("today")))
    if outcome.interval is not None:
        return interval_label(outcome.interval)
    return back(outcome.due, today)


@blueprint.app_template_filter()
def back(due: date, today: date) -> str:
    """The day a card comes back."""
    if due <= today:
        return str(_("today"))
    if due == today + timedelta(days=1):
        return str(_("tomorrow"))
    return day_label(due, today)


@blueprint.app_template_filter()
@passes_holes
def said_day(day: date, today: date) -> str:
    """A day that is past or today."""
    return str(_("today")) if day == today else day_label(day, today)


def verdict(question: Question, chosen: Sequence[str]) -> str:
    """What the answer of a choice card is headed with."""
    right = listed(question.right)
    if not chosen:
        return str(_("It is %(right)s.", right=right))
    if set(chosen) == set(question.right):
        return right_verdict().replace("*", listed(chosen))
    return wrong_verdict(question).replace("*", listed(chosen))


def right_verdict() -> str:
    """The heading after the right choice; a script puts the choice in place of the star."""
    return str(_("You chose %(chosen)s. That is right.", chosen="*"))


def wrong_verdict(question: Question) -> str:
    """The heading after a wrong choice; a script puts the choice in place of the star."""
    return str(_("You chose %(chosen)s. It is %(right)s.", chosen="*", right=listed(question.right)))


def listed(keys: Sequence[str]) -> str:
    """Options in a row: A, C and D."""
    if len(keys) < 2:
        return "".join(keys)
    return str(_("%(some)s and %(last)s", some=", ".join(keys[:-1]), last=keys[-1]))


blueprint.add_app_template_global(verdict, "verdict")
blueprint.add_app_template_global(right_verdict, "right_verdict")
blueprint.add_app_template_global(wrong_verdict, "wrong_verdict")
