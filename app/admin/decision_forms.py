"""Forms of what imports have left to decide."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, HiddenField, TextAreaField

from app.library.deciding import LATER, TAKES, Decision
from app.library.forms import MAX_ANSWER, MAX_QUESTION
from app.web.fields import Words

MAX_DECISIONS = 200


class DecisionForm(Form):  # type: ignore[misc]  # WTForms ships no types
    """What is decided of one question; the text counts only where both were put together."""

    take = HiddenField()
    seen = HiddenField()
    question = TextAreaField(
        _l("Question"), [Words(MAX_QUESTION, lines=True, required=_l("Enter a question."))], render_kw={"rows": "2"}
    )
    answer = TextAreaField(_l("Answer"), [Words(MAX_ANSWER, lines=True)])

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether the decision can be acted on."""
        return self.take.data != "merged" or bool(super().validate(extra_validators))

    def decision(self) -> Decision:
        """The decision as it was made; valid once the form is."""
        take = self.take.data if self.take.data in (*TAKES["match"], *TAKES["conflict"]) else LATER
        return Decision(take, self.seen.data or "", self.question.data or "", self.answer.data or "")

    @property
    def problem(self) -> str:
        """What is wrong with the text."""
        return " ".join(str(error) for errors in self.errors.values() for error in errors)


def decision_forms(values: Any) -> dict[str, DecisionForm]:
    """The decisions that a page sends, by the names of what they are about."""
    names = [name.removesuffix("-take") for name in values if name.endswith("-take")]
    return {name: DecisionForm(values, prefix=f"{name}-") for name in names[:MAX_DECISIONS]}
