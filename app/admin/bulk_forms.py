"""The form of a change of many questions."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import StopValidation

from app.admin.forms import (
    MAX_LEVELS,
    MAX_NOTE,
    MAX_SECTION,
    MAX_TAG,
    MAX_TAGS,
    section_in,
    tags_in,
)
from app.library.bulk import Action, Wish, is_key, new_key
from app.web.fields import Hidden, Words


class BulkForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What shall be done to many questions. `key` names the form, so that sent twice it counts once."""

    key = HiddenField()
    seen = Hidden()
    tags = StringField(_l("Tags"), [Words(MAX_TAG * MAX_TAGS)], render_kw={"autocomplete": "off"})
    deck = SelectField(_l("Deck"), validate_choice=False)
    section = StringField(
        _l("Section"), [Words(MAX_SECTION * MAX_LEVELS)], render_kw={"autocomplete": "off", "list": "sections"}
    )
    note = StringField(_l("What changed, and why"), [Words(MAX_NOTE)], render_kw={"maxlength": str(MAX_NOTE)})

    def __init__(self, action: Action, decks: Sequence[tuple[str, str]], seen: int) -> None:
        super().__init__(data={"key": new_key(), "seen": seen})
        self.action = action
        self.deck.choices = [SelectChoice(slug, title) for slug, title in decks]

    def validate_key(self, field: Any) -> None:
        """As it was given out."""
        if not is_key(field.data or ""):
            raise StopValidation(_("Load this page again."))

    def validate_tags(self, field: Any) -> None:
        """At least one where tags are the matter, and each short enough."""
        tags = tags_in(field.data or "")
        if self.action in ("tagged", "untagged") and not tags:
            raise StopValidation(_("Enter a tag, or several with commas between them."))
        if len(tags) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in tags):
            raise StopValidation(
                _("Enter at most %(most)s tags of at most %(long)s characters.", most=MAX_TAGS, long=MAX_TAG)
            )

    def validate_deck(self, field: Any) -> None:
        """One of those that are offered."""
        if self.action == "moved" and field.data not in {choice.value for choice in field.choices}:
            raise StopValidation(_("Choose a deck."))

    def validate_section(self, field: Any) -> None:
        """Few enough levels, and each short enough."""
        levels = section_in(field.data or "")
        if len(levels) > MAX_LEVELS or any(len(level) > MAX_SECTION for level in levels):
            raise StopValidation(_("A section has at most %(most)s levels.", most=MAX_LEVELS))

    def wish(self) -> Wish:
        """What was asked for; valid once the form is."""
        if self.action == "moved":
            return Wish("moved", slug=self.deck.data, section=section_in(self.section.data or "") or None)
        return Wish(self.action, tags=tags_in(self.tags.data or ""))
