"""Forms of studying. Each field takes what it shows and nothing else."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import StopValidation

from app.accounts.forms import zone_choices
from app.scheduling.steps import MOST_STEPS, UnknownSteps, steps_named
from app.study.notes import MOST, Written
from app.study.preferences import MOST_GOAL_CARDS, MOST_GOAL_MINUTES, MOST_NEW, MOST_REVIEWS, Preferences
from app.study.queries import ChosenDeck
from app.study.rest import MOST_POSTPONED
from app.web.fields import Hidden, Words
from app.web.sessions import Viewer

NEW_ORDERS = (
    SelectChoice("mixed", _l("Among the reviews")),
    SelectChoice("first", _l("Before the reviews")),
    SelectChoice("last", _l("After the reviews")),
)
REVIEW_ORDERS = (
    SelectChoice("overdue", _l("Longest overdue first")),
    SelectChoice("relative", _l("Likeliest forgotten first")),
    SelectChoice("random", _l("Random")),
)
GRADE_SCALES = (SelectChoice("four", _l("4 grades")), SelectChoice("six", _l("0 to 5")))
THEMES = (
    SelectChoice("system", _l("Same as device")),
    SelectChoice("light", _l("Light")),
    SelectChoice("dark", _l("Dark")),
)
SIZES = (
    SelectChoice("small", _l("Small")),
    SelectChoice("normal", _l("Usual")),
    SelectChoice("large", _l("Large")),
    SelectChoice("largest", _l("Largest")),
)
MEASURES = (
    SelectChoice("narrow", _l("Short")),
    SelectChoice("normal", _l("Usual")),
    SelectChoice("wide", _l("Long")),
)
HOURS = tuple(SelectChoice(str(hour), f"{hour:02}:00") for hour in range(24))
_OFFERED = {
    "invalid_value_message": _l("Choose one of those offered."),
    "invalid_choice_message": _l("Choose one of those offered."),
}


class Whole(IntegerField):  # type: ignore[misc]  # WTForms ships no types
    """A whole number from 0 to `most`, and one message for whatever else is entered."""

    required = True

    def __init__(self, label: Any, *, most: int, **kwargs: Any) -> None:
        shown = {"inputmode": "numeric", "min": 0, "max": most, "required": self.required}
        super().__init__(label, render_kw=shown, **kwargs)
        self.most = most

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read plain digits."""
        text = valuelist[0].strip() if valuelist else ""
        self.data: Any = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def pre_validate(self, form: Any) -> None:
        """Say what to enter."""
        if self.data is None or not 0 <= self.data <= self.most:
            raise StopValidation(_("Enter a number from 0 to %(most)s.", most=self.most))


class WholeOrNone(Whole):
    """A whole number from 0 to `most`, or nothing."""

    required = False

    def pre_validate(self, form: Any) -> None:
        """Say what to enter."""
        if self.data is not None or "".join(self.raw_data or ()).strip():
            super().pre_validate(form)


class DeckLimitsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """How much a deck may bring a day."""

    new_per_day = WholeOrNone(_l("New cards a day, at most"), most=MOST_NEW)
    reviews_per_day = WholeOrNone(_l("Reviews a day, at most"), most=MOST_REVIEWS)


class Steps(StringField):  # type: ignore[misc]  # WTForms ships no types
    """Learning steps such as `1m 10m`."""

    def __init__(self, label: Any, **kwargs: Any) -> None:
        attributes = {"maxlength": 64, "required": True, "autocapitalize": "none", "autocomplete": "off"}
        super().__init__(label, render_kw=attributes, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the steps in the one form they are stored in: lower case, one space between them."""
        self.data = " ".join(valuelist[0].lower().split())[:200] if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        """Say what to enter."""
        try:
            steps_named(self.data or "")
        except UnknownSteps:
            raise StopValidation(
                _(
                    "Enter 1 to %(most)s steps in minutes or hours with spaces between them, such as 1m 10m or 10m 2h;"
                    " each 12h at most.",
                    most=MOST_STEPS,
                )
            ) from None


class SettingsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """How a learner studies."""

    new_per_day = Whole(_l("New cards a day"), most=MOST_NEW)
    reviews_per_day = Whole(_l("Reviews a day, at most"), most=MOST_REVIEWS)
    goal_cards = WholeOrNone(_l("Goal: cards a day"), most=MOST_GOAL_CARDS)
    goal_minutes = WholeOrNone(_l("Goal: minutes a day"), most=MOST_GOAL_MINUTES)
    new_order = RadioField(_l("New cards come"), choices=NEW_ORDERS, **_OFFERED)
    review_order = SelectField(_l("Order of reviews"), choices=REVIEW_ORDERS, **_OFFERED)
    learning_steps = Steps(_l("A card to be repeated comes again after"))
    rollover_hour = SelectField(_l("A new day starts at"), choices=HOURS, coerce=int, **_OFFERED)
    zone = SelectField(_l("Time zone"), **_OFFERED)
    grade_scale = RadioField(_l("Answer buttons"), choices=GRADE_SCALES, **_OFFERED)
    type_answer = BooleanField(_l("Offer a box to type the answer"))
    shortcuts = BooleanField(_l("Single keys"))
    swipes = BooleanField(_l("Swipes"))
    theme = RadioField(_l("Appearance"), choices=THEMES, **_OFFERED)
    reading_size = RadioField(_l("Size of questions and answers"), choices=SIZES, **_OFFERED)
    measure = RadioField(_l("Length of their lines"), choices=MEASURES, **_OFFERED)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zone.choices = zone_choices(kept=str(kwargs["zone"]))

    def preferences(self) -> Preferences:
        """What was entered; valid once the form is."""
        return Preferences(
            zone=self.zone.data,
            rollover_hour=self.rollover_hour.data,
            new_per_day=self.new_per_day.data,
            reviews_per_day=self.reviews_per_day.data,
            new_order=self.new_order.data,
            review_order=self.review_order.data,
            learning_steps=self.learning_steps.data,
            grade_scale=self.grade_scale.data,
            type_answer=self.type_answer.data,
            shortcuts=self.shortcuts.data,
            theme=self.theme.data,
            reading_size=self.reading_size.data,
            measure=self.measure.data,
            swipes=self.swipes.data,
            goal_cards=self.goal_cards.data,
            goal_minutes=self.goal_minutes.data,
        )


class ReminderForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Which mails a learner wants."""

    daily = BooleanField(_l("Each day with cards due"))
    weekly = BooleanField(_l("A summary of the week, on Mondays"))
    hour = SelectField(
        _l("From this hour on"), choices=[SelectChoice(hour, f"{hour:02}:00") for hour in range(24)], coerce=int
    )


WEIGHTS = (
    SelectChoice("2", _l("As usual")),
    SelectChoice("1", _l("Half")),
    SelectChoice("0", _l("As little as possible")),
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class DaysForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """How due days are shared out, and what becomes of leeches."""

    monday = SelectField(_l("Monday"), choices=WEIGHTS, **_OFFERED)
    tuesday = SelectField(_l("Tuesday"), choices=WEIGHTS, **_OFFERED)
    wednesday = SelectField(_l("Wednesday"), choices=WEIGHTS, **_OFFERED)
    thursday = SelectField(_l("Thursday"), choices=WEIGHTS, **_OFFERED)
    friday = SelectField(_l("Friday"), choices=WEIGHTS, **_OFFERED)
    saturday = SelectField(_l("Saturday"), choices=WEIGHTS, **_OFFERED)
    sunday = SelectField(_l("Sunday"), choices=WEIGHTS, **_OFFERED)
    balance = BooleanField(_l("Balance the days"))
    suspend_leeches = BooleanField(_l("Suspend leeches"))

    @staticmethod
    def kept(person: Viewer) -> dict[str, Any]:
        """What this person has wished so far."""
        days = dict(zip(WEEKDAYS, person.easy_days, strict=True))
        return days | {"balance": person.balance, "suspend_leeches": person.suspend_leeches}

    @property
    def weekdays(self) -> list[Any]:
        """The fields of the seven days."""
        return [self[name] for name in WEEKDAYS]

    def wished(self) -> dict[str, Any]:
        """What was entered; valid once the form is."""
        easy = "".join(day.data for day in self.weekdays)
        return {"easy_days": easy, "balance": self.balance.data, "suspend_leeches": self.suspend_leeches.data}


class Day(DateField):  # type: ignore[misc]  # WTForms ships no types
    """A date, and one message for whatever is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read it."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            self.data = None

    def pre_validate(self, form: Any) -> None:
        """Say what to enter."""
        if self.data is None:
            raise StopValidation(_("Enter a date, such as 2026-07-01."))


class HolidayForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The first and the last day of a holiday."""

    first = Day(_l("First day"))
    last = Day(_l("Last day"))


class PostponeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """How many days to postpone by, and which deck; none: all."""

    days = Whole(_l("By so many days"), most=MOST_POSTPONED, default=1)
    deck = SelectField(_l("Deck"), **_OFFERED)

    def __init__(self, decks: Iterable[ChosenDeck], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deck.choices = [("", _("All your decks")), *((deck.slug, deck.title) for deck in decks)]

    def validate_days(self, field: Any) -> None:
        """At least one."""
        if field.data == 0:
            raise StopValidation(_("Enter a number from 1 to %(most)s.", most=MOST_POSTPONED))


class NoteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A note on a card. `version` is the one it was made on, `next` where to go on."""

    version = Hidden()
    next = HiddenField()
    note = TextAreaField(
        _l("Your note"), [Words(MOST, lines=True)], render_kw={"rows": "4", "class": "note md", "maxlength": str(MOST)}
    )

    def __init__(self, kept: Written, *, back: str = "") -> None:
        super().__init__(data={"version": kept.version, "next": back, "note": kept.text})
