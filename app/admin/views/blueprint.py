"""The blueprint that every page of this room registers on, and what its pages share."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Never

from flask import Blueprint, abort, current_app, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_babel.speaklater import LazyString

from app.config import Settings
from app.library import deciding, edit_queries, suggestion_queries, uploads
from app.library.edit_queries import EditedCard, EditedDeck
from app.library.wishes import OWN
from app.progress import signals
from app.progress.signals import Signal
from app.scheduling.study_day import study_day
from app.web import clock
from app.web.access import level_of
from app.web.database import session
from app.web.errors import Refusal
from app.web.pages import local_time, moment
from app.web.sessions import Viewer, require_viewer, viewer

blueprint = Blueprint("edit", __name__, url_prefix="/edit")

AREAS = (
    ("edit.decks", _l("Decks")),
    ("edit.questions", _l("Decisions")),
    ("edit.suggestions", _l("Suggestions")),
    ("edit.signals", _l("How cards do")),
    ("edit.imports", _l("Import")),
    ("edit.sources", _l("Sources")),
    ("edit.people", _l("People")),
    ("edit.audit", _l("Audit log")),
    ("edit.portal", _l("Portal")),
)
"""The areas of Edit, in their order; those that are not built are not shown."""

SHOWS = (("all", _l("All cards")), ("drafts", _l("Drafts")), ("archived", _l("Archived")))
SIGNALLED: tuple[tuple[Signal, LazyString], ...] = (
    ("missed", _l("Missed often")),
    ("leeches", _l("Leeches")),
    ("suggestions", _l("With suggestions")),
)
"""What a list of cards may show, and by which signals editors may narrow it."""


@blueprint.context_processor
def _shared() -> dict[str, Any]:
    person = viewer()
    rank = person.rank if person else 0
    built = [area for area in AREAS if area[0] in current_app.view_functions]
    areas = [area for area in built if (level_of(current_app, area[0]) or 0) <= rank]
    return {
        "areas": areas,
        "saved_at": saved_at,
        "open_decisions": open_decisions,
        "open_suggestions": open_suggestions,
    }


def open_decisions(slug: str = "") -> int:
    """How many decisions wait for an editor, in one deck or in all."""
    counts = deciding.open_counts(session(), require_viewer())
    return counts.get(slug, 0) if slug else sum(counts.values())


def open_suggestions() -> int:
    """How many suggestions wait for an editor."""
    return suggestion_queries.waiting(session(), require_viewer())


def saved_at(instant: datetime) -> str:
    """When something was saved, to the minute: 14:02, or 9 Nov, 14:02 on another day than today."""
    time, day = local_time(instant), moment(instant)
    return time if day.endswith(time) else f"{day}, {time}"


def own_thing(person: Viewer) -> bool:
    """Whether this person may change the deck or card that the address names. For `access(…, of=own_thing)`."""
    named = request.view_args or {}
    if "slug" in named:
        deck = edit_queries.may_edit_deck(session(), named["slug"], person)
    else:
        deck = edit_queries.may_edit_card(session(), named["guid"], person)
    g.private = deck is not None and deck.visibility == "private"
    return deck is not None


def is_own_upload(person: Viewer) -> bool:
    """Whether the upload that the address names is this person's; nobody else sees it, whoever they are."""
    goes_to = uploads.kept_for(session(), (request.view_args or {})["guid"], person.id)
    g.private = goes_to == OWN or leads_to_private([goes_to or ""])
    return goes_to is not None


def leads_to_private(slugs: Iterable[str]) -> bool:
    """Whether a private deck of this person is among these: then the audit log has nothing of what they do."""
    found = (edit_queries.may_edit_deck(session(), slug, require_viewer()) for slug in slugs)
    return any(deck is not None and deck.visibility == "private" for deck in found)


def settings() -> Settings:
    """How this portal runs."""
    found: Settings = current_app.config["REPRISE_SETTINGS"]
    return found


def may_make(person: Viewer) -> bool:
    """Whether this person makes decks: for everybody, or where the portal allows it, for themselves."""
    return person.is_editor or settings().own_decks > 0


def too_many_decks() -> Refusal:
    """The page that says that there is no room for another private deck."""
    most = settings().own_decks
    return Refusal(
        409,
        _("You have as many decks of your own as this portal allows"),
        ngettext("It is %(num)s.", "They are %(num)s.", most)
        + " "
        + _("Archive one that you no longer need. Nothing was changed."),
        back=url_for("edit.decks"),
        back_label=_("To your decks"),
    )


def no_room_for_cards() -> str:
    """What is said where private decks would have more questions than may be."""
    return str(_("Your own decks may have %(n)s questions in all.", n=settings().own_cards))


def found_deck(slug: str) -> EditedDeck:
    """The deck of this address, or the page that says there is none."""
    deck = edit_queries.deck(session(), slug, require_viewer())
    return deck if deck is not None else abort(404)


def is_private(deck: EditedDeck) -> bool:
    """Whether a deck is its owner's alone."""
    return deck.fields.visibility == "private"


def found_card(guid: str) -> EditedCard:
    """The card of this address, or the page that says there is none."""
    card = edit_queries.card(session(), guid, require_viewer())
    return card if card is not None else abort(404)


def wish() -> dict[str, Any]:
    """What the address asks of a list of cards; what it cannot mean asks for everything."""
    return {
        "query": " ".join(request.values.get("q", "")[:200].replace("\0", " ").split()),
        "show": next((name for name, _label in shows() if name == request.values.get("show")), "all"),
        "page": page_number(),
    }


def shows() -> tuple[tuple[str, LazyString], ...]:
    """What this person's lists of cards may show."""
    return (*SHOWS, *SIGNALLED) if require_viewer().is_editor else SHOWS


def listed(wanted: dict[str, Any]) -> dict[str, Any]:
    """A `wish`, as `edit_queries` takes it: a signal is a choice among the cards in use."""
    signal = next((name for name, _label in SIGNALLED if name == wanted["show"]), None)
    if signal is None:
        return wanted
    person = require_viewer()
    today = study_day(clock.now(), person.zone, person.rollover_hour)
    return wanted | {"show": "all", "among": signals.having(signal, person, today=today)}


def page_number() -> int:
    """Which page of a list the address asks for; the first where it asks for none that can be."""
    page = request.args.get("page", "")
    return max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 7 else 1


def changed_meanwhile(endpoint: str, **values: Any) -> Never:
    """A step back to an older version, asked for on a page that no longer shows the present one."""
    raise Refusal(
        409,
        _("Another version was saved in the meantime"),
        _("Nothing was changed. Look at the present version, then decide again."),
        back=url_for(endpoint, **values),
        back_label=_("To the present version"),
    )
