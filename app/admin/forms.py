"""Forms of editing. Each field takes what it shows and nothing else, up to a size that is said."""

import re
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import StopValidation

from app.content.document import CardText, Option
from app.library.deck_editing import DeckFields
from app.library.edit_queries import EditedCard
from app.library.forms import MAX_ANSWER, MAX_QUESTION
from app.web.fields import Hidden, Words

MAX_OPTION = 2_000
MAX_OPTIONS = 12
MAX_SECTION, MAX_LEVELS = 200, 6
MAX_TAG, MAX_TAGS = 60, 30
MAX_NOTE = 500
MAX_REASON = 1_000
MAX_ALT = 300
MAX_TITLE, MAX_DESCRIPTION, MAX_URL = 200, 2_000, 2_000
VISIBILITY = (SelectChoice("public", _l("Public")), SelectChoice("members", _l("Members")))
PRIVATE = SelectChoice("private", _l("Only you"))
_BETWEEN = " › "
_LEVEL = re.compile(r"\s+[›>]\s+")
_KEY = re.compile(r"\w{1,8}")


class OptionForm(Form):  # type: ignore[misc]  # WTForms ships no types
    """One option of a choice card; without text it is none."""

    key = HiddenField()
    text = TextAreaField(_l("Option"), [Words(MAX_OPTION, lines=True)], render_kw={"rows": "1", "class": "line"})
    right = BooleanField(_l("Right answer"))


class CardForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The text of a card. `version` is the one it was made on, `started` the one before a conflict was shown."""

    version = Hidden()
    started = Hidden()
    suggestion = HiddenField()
    section = StringField(
        _l("Section"), [Words(MAX_SECTION * MAX_LEVELS)], render_kw={"list": "sections", "autocomplete": "off"}
    )
    tags = StringField(_l("Tags"), [Words(MAX_TAG * MAX_TAGS)], render_kw={"autocomplete": "off"})
    question = TextAreaField(
        _l("Question"),
        [Words(MAX_QUESTION, lines=True, required=_l("Enter a question."))],
        render_kw={"rows": "2", "class": "line md", "required": True},
    )
    answer = TextAreaField(_l("Answer"), [Words(MAX_ANSWER, lines=True)], render_kw={"rows": "16", "class": "md"})
    options = FieldList(FormField(OptionForm), max_entries=MAX_OPTIONS)
    note = StringField(_l("What changed, and why"), [Words(MAX_NOTE)], render_kw={"maxlength": str(MAX_NOTE)})
    ask_again = BooleanField(_l("Ask learners again soon"))

    def __init__(
        self, *, sections: Sequence[tuple[str, ...]] = (), kept: CardText | None = None, version: int = 0
    ) -> None:
        super().__init__(data=_entered(kept) | {"version": version})
        self.kept = kept
        self.sections = {_BETWEEN.join(section): section for section in sections}
        if kept is not None:
            self.sections.setdefault(_BETWEEN.join(kept.section), kept.section)

    def show(self, text: CardText, version: int) -> None:
        """Put a text into the form in place of what was entered."""
        values = _entered(text)
        for name in ("section", "tags", "question", "answer"):
            self[name].data = values[name]
        while self.options.entries:
            self.options.pop_entry()
        for option in values["options"]:
            self.options.append_entry(option)
        self.version.data = version
        self.started.data = 0

    def add_rows(self) -> None:
        """Offer empty rows for more options: four at first, then two."""
        filled = sum(bool(entry.form.text.data) for entry in self.options.entries)
        wanted = min(MAX_OPTIONS, filled + 2 if filled else 4)
        while len(self.options.entries) < wanted:
            self.options.append_entry()

    def validate_tags(self, field: Any) -> None:
        """Few enough, and each short enough."""
        tags = self._tags(field.data)
        if len(tags) > MAX_TAGS:
            raise StopValidation(_("Enter at most %(most)s tags.", most=MAX_TAGS))
        if any(len(tag) > MAX_TAG for tag in tags):
            raise StopValidation(_("A tag has at most %(most)s characters. Commas separate tags.", most=MAX_TAG))

    def validate_section(self, field: Any) -> None:
        """Few enough levels, and each short enough."""
        levels = self._section(field.data)
        if len(levels) > MAX_LEVELS and levels not in self.sections.values():
            raise StopValidation(_("A section has at most %(most)s levels.", most=MAX_LEVELS))
        if any(len(level) > MAX_SECTION for level in levels) and levels not in self.sections.values():
            raise StopValidation(_("A section's name has at most %(most)s characters.", most=MAX_SECTION))

    def validate_options(self, field: Any) -> None:
        """One option is no choice."""
        if len(self._options()) == 1:
            raise StopValidation(_("Enter at least two options, or none."))

    @property
    def option_problem(self) -> str:
        """What is wrong with the options as a whole; what is wrong with one stands at that one."""
        return next((error for error in self.options.errors if isinstance(error, str)), "")

    @property
    def too_large(self) -> bool:
        """Whether something in it is too long to be rendered, or cannot be; valid once the form was validated."""
        entries = any(entry.form.text.errors for entry in self.options.entries)
        return bool(entries or self.answer.errors or (self.question.errors and self.question.data.strip()))

    def text(self) -> CardText:
        """The text as it was entered; valid once the form is."""
        return CardText(
            self.question.data or "",
            self.answer.data or "",
            self._section(self.section.data),
            self._tags(self.tags.data),
            self._options(),
        )

    def _section(self, entered: str | None) -> tuple[str, ...]:
        label = (entered or "").strip()
        if label in self.sections:
            return self.sections[label]
        return section_in(label)

    def _tags(self, entered: str | None) -> tuple[str, ...]:
        text = (entered or "").strip()
        if self.kept is not None and text == ", ".join(self.kept.tags):
            return self.kept.tags
        return tags_in(text)

    def _options(self) -> tuple[Option, ...]:
        rows = [entry.form for entry in self.options.entries if (entry.form.text.data or "").strip()]
        keys = _keys([row.key.data or "" for row in rows])
        return tuple(Option(key, row.text.data, bool(row.right.data)) for key, row in zip(keys, rows, strict=True))


def tags_in(entered: str) -> tuple[str, ...]:
    """Tags between commas, each once, as it was written first."""
    found = {tag.casefold(): tag for tag in reversed([" ".join(one.split()) for one in entered.split(",")]) if tag}
    return tuple(reversed(found.values()))


def section_in(entered: str) -> tuple[str, ...]:
    """The levels of a section."""
    return tuple(level.strip() for level in _LEVEL.split(entered) if level.strip())


def _entered(text: CardText | None) -> dict[str, Any]:
    """A text as the fields show it."""
    if text is None:
        return {}
    return {
        "section": _BETWEEN.join(text.section),
        "tags": ", ".join(text.tags),
        "question": text.question,
        "answer": text.answer,
        "options": [{"key": one.key, "text": one.text, "right": one.right} for one in text.options],
    }


def _keys(given: Sequence[str]) -> list[str]:
    """Names of options: those they had, and the next free letters for the others."""
    kept: list[str] = []
    for key in given:
        kept.append(key if _KEY.fullmatch(key) and key not in kept else "")
    free = (letter for letter in ascii_uppercase if letter not in kept)
    return [key or next(free) for key in kept]


class AcceptForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Accepting a suggestion as it is; `version` is the one of the card that it was shown against."""

    version = Hidden()
    ask_again = BooleanField(_l("Ask learners again soon"))


class DecisionReasonForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What a learner is told of a decision."""

    reason = TextAreaField(
        _l("Reason, shown to the learner"),
        [Words(MAX_REASON, lines=True)],
        render_kw={"rows": "2", "class": "note", "maxlength": str(MAX_REASON)},
    )


class SplitForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A card's text in two halves. Section, tags and, for the first half, options are the card's own."""

    version = Hidden()
    question = TextAreaField(
        _l("First question"),
        [Words(MAX_QUESTION, lines=True, required=_l("Enter a question."))],
        render_kw={"rows": "2", "class": "line md", "required": True},
    )
    answer = TextAreaField(_l("First answer"), [Words(MAX_ANSWER, lines=True)], render_kw={"rows": "12", "class": "md"})
    second_question = TextAreaField(
        _l("Second question"),
        [Words(MAX_QUESTION, lines=True, required=_l("Enter a question."))],
        render_kw={"rows": "2", "class": "line md", "required": True},
    )
    second_answer = TextAreaField(
        _l("Second answer"), [Words(MAX_ANSWER, lines=True)], render_kw={"rows": "12", "class": "md"}
    )
    history = RadioField(
        _l("Which question keeps the learners’ history"),
        choices=(SelectChoice("first", _l("The first")), SelectChoice("second", _l("The second"))),
        invalid_choice_message=_l("Choose one of those offered."),
    )
    note = StringField(_l("What changed, and why"), [Words(MAX_NOTE)], render_kw={"maxlength": str(MAX_NOTE)})

    def __init__(self, kept: CardText, version: int) -> None:
        super().__init__(
            data={"question": kept.question, "answer": kept.answer, "version": version, "history": "first"}
        )
        self.kept = kept

    @property
    def half(self) -> str:
        """Which half keeps the history, in words."""
        return str(_("first") if self.history.data == "first" else _("second"))

    def texts(self) -> tuple[CardText, CardText]:
        """Both halves; valid once the form is."""
        first = replace(self.kept, question=self.question.data, answer=self.answer.data or "")
        second = replace(
            self.kept, question=self.second_question.data, answer=self.second_answer.data or "", options=()
        )
        return first, second


class JoinForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The text of one card made of two, and which of them lives on."""

    version = Hidden()
    other_version = Hidden()
    question = TextAreaField(
        _l("Question"),
        [Words(MAX_QUESTION, lines=True, required=_l("Enter a question."))],
        render_kw={"rows": "2", "class": "line md", "required": True},
    )
    answer = TextAreaField(_l("Answer"), [Words(MAX_ANSWER, lines=True)], render_kw={"rows": "16", "class": "md"})
    lives = RadioField(
        _l("Which one lives on, in its place"), invalid_choice_message=_l("Choose one of those offered.")
    )
    note = StringField(_l("What changed, and why"), [Words(MAX_NOTE)], render_kw={"maxlength": str(MAX_NOTE)})

    def __init__(self, card: EditedCard, other: EditedCard) -> None:
        answers = [one for one in (card.text.answer, other.text.answer) if one.strip()]
        super().__init__(
            data={
                "version": card.version,
                "other_version": other.version,
                "question": card.text.question,
                "answer": "\n\n".join(dict.fromkeys(answers)),
                "lives": "first",
            }
        )
        self.lives.choices = [
            SelectChoice("first", _("Question %(n)s", n=card.number)),
            SelectChoice("second", _("Question %(n)s", n=other.number)),
        ]

    def text(self, lives: CardText, goes: CardText) -> CardText:
        """The text of the card that lives on; valid once the form is."""
        return CardText(
            self.question.data,
            self.answer.data or "",
            lives.section,
            tuple(dict.fromkeys((*lives.tags, *goes.tags)))[:MAX_TAGS],
            lives.options or goes.options,
        )


class DeckForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What readers are told about a deck, and who they are."""

    version = Hidden()
    title = StringField(
        _l("Title"),
        [Words(MAX_TITLE, required=_l("Enter a title."))],
        render_kw={"required": True, "maxlength": str(MAX_TITLE)},
    )
    description = TextAreaField(
        _l("Description"), [Words(MAX_DESCRIPTION, lines=True)], render_kw={"rows": "3", "class": "note"}
    )
    visibility = RadioField(
        _l("Who may read it"),
        choices=VISIBILITY,
        invalid_value_message=_l("Choose one of those offered."),
        invalid_choice_message=_l("Choose one of those offered."),
    )
    source_url = StringField(
        _l("Source"),
        [Words(MAX_URL)],
        render_kw={"type": "url", "placeholder": "https://", "maxlength": str(MAX_URL), "spellcheck": "false"},
    )
    author = StringField(_l("Author"), [Words(MAX_TITLE)], render_kw={"maxlength": str(MAX_TITLE)})
    licence = StringField(_l("Licence"), [Words(MAX_TITLE)], render_kw={"maxlength": str(MAX_TITLE)})
    note = StringField(_l("What changed, and why"), [Words(MAX_NOTE)], render_kw={"maxlength": str(MAX_NOTE)})

    def __init__(self, *, kept: DeckFields | None = None, version: int = 0, shared: bool = True) -> None:
        """A deck that is there stays private or stays not; a new one may be either, if its maker may share (`shared`)."""
        fields = kept or DeckFields("", visibility="public" if shared else "private")
        super().__init__(
            data={name: getattr(fields, name) for name in DeckFields.__dataclass_fields__} | {"version": version}
        )
        private = kept is not None and kept.visibility == "private"
        self.visibility.choices = [PRIVATE] if private or not shared else [*VISIBILITY, *([] if kept else [PRIVATE])]

    def validate_source_url(self, field: Any) -> None:
        """An address that a reader can open."""
        if field.data and not _is_link(field.data):
            raise StopValidation(_("Enter an address that begins with https:// or http://."))

    def fields(self) -> DeckFields:
        """The fields as they were entered; valid once the form is."""
        return DeckFields(**{name: self[name].data or "" for name in DeckFields.__dataclass_fields__})


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s<>\"\\]", text)
    except ValueError:
        return False


class MoveForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Where a card shall stand: the deck and its number there."""

    deck = SelectField(_l("Deck"))
    number = StringField(_l("Number"), render_kw={"inputmode": "numeric", "class": "n", "required": True})

    def __init__(self, decks: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deck.choices = [SelectChoice(slug, title) for slug, title in decks]

    def validate_number(self, field: Any) -> None:
        """A number from 1."""
        text = str(field.data or "").strip()
        if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) < 7):
            raise StopValidation(_("Enter a number from 1."))
        field.data = int(text)
