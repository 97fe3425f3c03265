"""Forms of this room."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, TextAreaField
from wtforms.validators import StopValidation

from app.content.document import CardText
from app.web.fields import Hidden, Words, tidy

MAX_QUESTION = 10_000
MAX_ANSWER = 100_000
MAX_REMARK = 2_000


class SuggestionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A better text of a card, or a remark on it. `version` is the one it was made on, `next` where to go on."""

    version = Hidden()
    next = HiddenField()
    kind = RadioField(
        _l("What it is"),
        choices=[SelectChoice("text", _l("A better text")), SelectChoice("remark", _l("A remark only"))],
        invalid_choice_message=_l("Choose one of those offered."),
    )
    question = TextAreaField(
        _l("Question"), [Words(MAX_QUESTION, lines=True)], render_kw={"rows": "2", "class": "line md"}
    )
    answer = TextAreaField(_l("Answer"), [Words(MAX_ANSWER, lines=True)], render_kw={"rows": "16", "class": "md"})
    note = TextAreaField(
        _l("Why, and how do you know?"), [Words(MAX_REMARK, lines=True)], render_kw={"rows": "3", "class": "note"}
    )
    credited = BooleanField(_l("Credit me in the history"))

    def __init__(self, base: CardText, *, version: int, back: str = "") -> None:
        super().__init__(
            data={
                "version": version,
                "next": back,
                "kind": "text",
                "question": base.question,
                "answer": base.answer,
                "credited": True,
            }
        )
        self.base = base
        self._readable = False

    def validate_question(self, field: Any) -> None:
        """A text that is suggested asks something, and is another one."""
        if self.kind.data != "text":
            self._readable = True
            return
        self._readable = True
        if not (field.data or "").strip():
            raise StopValidation(_("Enter a question."))
        if (field.data, tidy(self.answer.data or "")) == (tidy(self.base.question), tidy(self.base.answer)):
            raise StopValidation(_("The text is as it was. Change it, or choose “A remark only” above."))

    def validate_note(self, field: Any) -> None:
        """A remark says something."""
        if self.kind.data == "remark" and not (field.data or "").strip():
            raise StopValidation(_("Enter what you noticed."))

    @property
    def too_large(self) -> bool:
        """Whether the text cannot be shown; valid once the form was validated."""
        return bool(self.answer.errors) or not self._readable

    def text(self) -> CardText:
        """The text as it was entered; the rest of the card stays as it is."""
        return CardText(
            self.question.data or "",
            self.answer.data or "",
            self.base.section,
            self.base.tags,
            self.base.options,
        )
