"""How pages of this room say days and states: filters of templates."""

from datetime import date

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from app.scheduling.queue import Counts, DeckLimits
from app.study.overview import Coming, DeckProgress
from app.study.reading import Line, Standing
from app.study.views.blueprint import blueprint
from app.web.pages import day_label, interval_label


@blueprint.app_template_filter()
def studied(last: date | None, today: date) -> str:
    """When a deck was last studied."""
    if last is None:
        return str(_("not studied yet"))
    days = (today - last).days
    if days <= 0:
        return str(_("studied today"))
    if days == 1:
        return str(_("studied yesterday"))
    if days <= 30:
        return str(_("studied %(n)s days ago", n=days))
    return str(_("studied on %(day)s", day=format_date(last, "d MMM" if last.year == today.year else "d MMM yyyy")))


@blueprint.app_template_filter()
def in_words(left: Counts) -> str:
    """What is left to study, as a sentence: 31 reviews, 2 to repeat and 10 new."""
    parts = [
        ngettext("%(num)s review", "%(num)s reviews", left.reviews) if left.reviews else "",
        _("%(n)s to repeat", n=left.waiting) if left.waiting else "",
        _("%(n)s new", n=left.new) if left.new else "",
    ]
    said = [part for part in parts if part]
    if len(said) < 2:
        return f"{''.join(said)}."
    return str(_("%(these)s and %(last)s.", these=", ".join(said[:-1]), last=said[-1]))


@blueprint.app_template_filter()
def limits_in_words(limits: DeckLimits) -> str:
    """A deck's own limits."""
    new = _("%(n)s new at most", n=limits.new)
    reviews = ngettext("%(num)s review at most", "%(num)s reviews at most", limits.reviews or 0)
    if limits.new is None and limits.reviews is None:
        return str(_("No limits of its own."))
    if limits.new is None or limits.reviews is None:
        return f"{reviews if limits.new is None else new}."
    return str(_("%(these)s and %(last)s.", these=new, last=reviews))


@blueprint.app_template_filter()
def comes(coming: Coming, today: date, rollover_hour: int) -> str:
    """The next day with something to study."""
    cards = ngettext("%(num)s card", "%(num)s cards", coming.cards)
    if (coming.day - today).days <= 1:
        return str(_("Next: %(cards)s tomorrow after %(hour)s.", cards=cards, hour=f"{rollover_hour:02}:00"))
    return str(_("Next: %(cards)s on %(day)s.", cards=cards, day=day_label(coming.day, today)))


@blueprint.app_template_filter()
def standing(line: Line) -> str:
    """The state of a card with the learner, in words."""
    if line.standing is Standing.YOUNG and line.days is not None:
        return str(_("Due in %(interval)s", interval=interval_label(line.days)))
    return state_name(line.standing) if line.standing else ""


@blueprint.app_template_filter()
def state_name(name: str) -> str:
    """A state as the filter of a deck's page offers it."""
    names = {
        "due": _("Due now"),
        "new": _("New"),
        "learning": _("Learning"),
        "young": _("Young"),
        "mature": _("Mature"),
        "draft": _("Draft"),
    }
    return str(names[name])


@blueprint.app_template_filter()
def deck_facts(one: DeckProgress, today: date) -> str:
    """What speaks for or against choosing a deck: its size, and how far the learner has come."""
    deck = one.deck
    if one.learned == deck.ready > 0:
        facts = [ngettext("%(num)s card, learned", "%(num)s cards, all learned", deck.ready)]
    else:
        facts = [ngettext("%(num)s card", "%(num)s cards", deck.ready)]
        if one.learned:
            facts.append(_("%(n)s learned", n=one.learned))
    if one.due:
        facts.append(_("%(n)s due", n=one.due))
    elif one.next_due is not None:
        facts.append(_("next due %(day)s", day=day_label(one.next_due, today)))
    if deck.drafts:
        facts.append(
            ngettext("%(num)s draft: readable, never asked", "%(num)s drafts: readable, never asked", deck.drafts)
        )
    return ", ".join(facts)
