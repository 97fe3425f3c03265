"""Forms of people, invitations and the portal's choices."""

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, StopValidation

from app.accounts.forms import REGISTRATION
from app.accounts.invitations import DAYS, MOST_USES
from app.accounts.portal import MAX_WELCOME
from app.web.fields import Words

ROLES = (
    SelectChoice("learner", _l("Learner")),
    SelectChoice("editor", _l("Editor")),
    SelectChoice("admin", _l("Administrator")),
)
_USES = _l("Enter a number from 1 to %(n)s.", n=MOST_USES)
_LIVES = {1: _l("1 day"), 7: _l("7 days"), 30: _l("30 days"), 90: _l("90 days")}


class RoleForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Another role for somebody."""

    role = SelectField(_l("Role"), choices=ROLES)


class InviteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """An invitation."""

    role = SelectField(_l("As"), choices=ROLES[:2])
    uses = IntegerField(
        _l("For how many accounts"),
        [NumberRange(1, MOST_USES, _USES)],
        default=1,
        render_kw={"min": "1", "max": str(MOST_USES), "inputmode": "numeric"},
    )
    days = SelectField(_l("Holds"), choices=[SelectChoice(str(n), _LIVES[n]) for n in DAYS], coerce=int, default=7)
    note = StringField(_l("What it is for"), [Words(100)], render_kw={"maxlength": "100"})

    def validate_uses(self, field: Any) -> None:
        """A number, or what to enter."""
        if field.data is None:
            field.errors = []
            raise StopValidation(str(_USES))


class PortalForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The portal's name, what it says to visitors, and who may register."""

    name = StringField(
        _l("Name of the portal"),
        [Words(80, required=_l("Enter a name of 1 to 80 characters."))],
        render_kw={"required": True, "maxlength": "80"},
    )
    welcome = TextAreaField(
        _l("Welcome text"),
        [Words(MAX_WELCOME, lines=True)],
        render_kw={"class": "note", "rows": "5", "maxlength": str(MAX_WELCOME)},
    )
    registration = RadioField(_l("Who may create an account"), choices=REGISTRATION)
