"""Forms of accounts. Each field takes what it shows and nothing else."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, StopValidation

from app.accounts import addresses, passwords, zones
from app.web import clock

_EMAIL = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "required": True}
_NOW = {"autocomplete": "current-password", "required": True}
_NEW = {"autocomplete": "new-password", "minlength": str(passwords.MIN_LENGTH), "required": True}
_NAME = _l("Enter a name of 1 to 80 characters.")

REGISTRATION = (
    SelectChoice("open", _l("Anyone who reaches this portal")),
    SelectChoice("invited", _l("Whoever has an invitation")),
    SelectChoice("closed", _l("Nobody for now")),
)


class Address:
    """An address, brought into its normal form."""

    def __call__(self, _form: Any, field: Any) -> None:
        """Bring it into its normal form, or say what to enter."""
        try:
            field.data = addresses.normalise(field.data or "")
        except addresses.BadAddress as error:
            raise StopValidation(_("Enter an email address, for example ada@example.org.")) from error


class NewPassword:
    """A password by the rules, measured against the names of the portal and of the account in the same form."""

    def __init__(self, address: Callable[[Any], str]) -> None:
        self.address = address

    def __call__(self, form: Any, field: Any) -> None:
        """Say what speaks against it."""
        found = passwords.fault(field.data or "", words=(form.portal_name, "reprise", self.address(form)))
        if found is not None:
            raise StopValidation(_fault_words(found))


def _fault_words(found: passwords.Fault) -> str:
    words = {
        "short": _("Enter at least %(n)s characters.", n=passwords.MIN_LENGTH),
        "long": _("Enter at most %(n)s bytes: about a page of text.", n=passwords.MAX_BYTES),
        "common": _("This password is among the most common. Choose another."),
        "site": _("This is little more than the name of the portal or of your account. Choose another."),
    }
    return str(words[found])


def _typed_address(form: Any) -> str:
    return form.email.data or ""


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The way in. Whatever is wrong is said in one sentence, so neither field has an error of its own."""

    email = EmailField(_l("Email"), render_kw=_EMAIL)
    password = PasswordField(_l("Password"), render_kw=_NOW)
    keep = BooleanField(_l("Keep me signed in on this device"))
    next = HiddenField()


class RegisterForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A new account."""

    email = EmailField(_l("Email"), [Address()], render_kw=_EMAIL)
    password = PasswordField(_l("Password"), [NewPassword(_typed_address)], render_kw=_NEW)
    zone = SelectField(_l("Time zone"))
    next = HiddenField()

    def __init__(self, portal_name: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.portal_name = portal_name
        self.zone.choices = zone_choices()


def zone_choices(kept: str = "") -> list[SelectChoice]:
    """The zones to choose from, each with its present time: what a learner can check at a glance."""
    return [
        SelectChoice(name, _("%(zone)s, now %(time)s", zone=name.replace("_", " "), time=time))
        for name, time in zones.clock_times(clock.now(), kept=kept)
    ]


class SetupForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The portal and its administrator."""

    site = StringField(
        _l("Name of the portal"),
        [InputRequired(_NAME), Length(max=80, message=_NAME)],
        render_kw={"required": True, "maxlength": "80"},
    )
    email = EmailField(_l("Your email"), [Address()], render_kw=_EMAIL)
    password = PasswordField(_l("Password"), [NewPassword(_typed_address)], render_kw=_NEW)
    registration = RadioField(_l("Who may create an account"), choices=REGISTRATION)

    @property
    def portal_name(self) -> str:
        """The name being given."""
        return self.site.data or ""

    def validate_site(self, field: Any) -> None:
        """One line of visible text."""
        field.data = " ".join((field.data or "").split())
        if not field.data or not field.data.isprintable():
            raise StopValidation(_NAME)


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Another password."""

    current_password = PasswordField(_l("Current password"), render_kw=_NOW)
    new_password = PasswordField(_l("New password"), [NewPassword(lambda form: form.account)], render_kw=_NEW)

    def __init__(self, portal_name: str, account: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.portal_name = portal_name
        self.account = account


class ChangeEmailForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Another address."""

    email = EmailField(_l("New email"), [Address()], render_kw=_EMAIL | {"autocomplete": "email"})
    current_password = PasswordField(_l("Current password"), render_kw=_NOW)


class ForgotForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Where to send a link."""

    email = EmailField(_l("Email"), [Address()], render_kw=_EMAIL)


class ProveForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The password once more, before what matters."""

    current_password = PasswordField(_l("Password"), render_kw=_NOW)
    next = HiddenField()


class ResetForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A new password, by a link."""

    new_password = PasswordField(_l("New password"), [NewPassword(lambda form: form.account)], render_kw=_NEW)

    def __init__(self, portal_name: str, account: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.portal_name = portal_name
        self.account = account


class ConfirmForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The password that was chosen when the account was asked for."""

    password = PasswordField(_l("Password"), render_kw=_NOW)


class PlainForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A button alone."""


class CodeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A code of an app, or a recovery code."""

    code = StringField(
        _l("Code"),
        [InputRequired(_l("Enter the code.")), Length(max=40)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "required": True},
    )


class PasskeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A new passkey."""

    name = StringField(_l("Name"), [Length(max=64)], render_kw={"maxlength": "64"})
    credential = HiddenField(validators=[InputRequired(), Length(max=20_000)])

    def validate_name(self, field: Any) -> None:
        """One line of visible text."""
        field.data = "".join(letter for letter in " ".join((field.data or "").split()) if letter.isprintable())


class SignInByPasskeyForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A passkey's answer."""

    credential = HiddenField(validators=[InputRequired(), Length(max=20_000)])
    keep = BooleanField(false_values=("", "false"))


class DeleteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Deleting the account."""

    current_password = PasswordField(_l("Current password"), render_kw=_NOW)
