"""Forms of the repositories that are followed."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import StopValidation

from app.admin.forms import MAX_TITLE, MAX_URL
from app.library.git import is_branch
from app.library.sources import DEFAULT_FILES, MAX_PATTERN
from app.web.fields import Words


class SourceSettingsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """What is followed of a repository."""

    files = StringField(
        _l("Files"),
        [Words(MAX_PATTERN, required=_l("Enter which files, for example **/*.md."))],
        render_kw={"class": "loc"},
    )
    branch = StringField(_l("Branch"), [Words(MAX_TITLE)], render_kw={"class": "loc", "spellcheck": "false"})

    def validate_branch(self, field: Any) -> None:
        """A plain name, or nothing for the default one."""
        if field.data and not is_branch(field.data):
            raise StopValidation(_("Enter the plain name of a branch, or leave it empty for the default one."))


class SourceForm(SourceSettingsForm):
    """A repository to follow."""

    url = StringField(
        _l("Address"),
        [Words(MAX_URL, required=_l("Enter the address of a repository."))],
        render_kw={"class": "loc", "placeholder": "https://", "spellcheck": "false", "autocomplete": "off"},
    )

    def __init__(self) -> None:
        super().__init__(data={"files": DEFAULT_FILES})
