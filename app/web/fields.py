"""Fields of forms that every room uses: words of a certain length, and numbers that a page carries."""

import re
from typing import Any

from flask_babel import gettext as _
from wtforms import IntegerField
from wtforms.validators import StopValidation
from wtforms.widgets import HiddenInput

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Words:
    """One line of text (or, with `lines`, Markdown) of at most `most` characters. Spaces around it are taken off."""

    def __init__(self, most: int, *, required: Any = None, lines: bool = False) -> None:
        self.most = most
        self.required = required
        self.lines = lines

    def __call__(self, _form: Any, field: Any) -> None:
        """Bring it into its stored form, or say what to enter."""
        text = field.data or ""
        text = tidy(text) if self.lines else " ".join(text.split())
        field.data = text
        if self.required is not None and not text.strip():
            raise StopValidation(str(self.required))
        if _CONTROL.search(text):
            raise StopValidation(_("There is a control character in it, which cannot be shown. Type it anew."))
        if len(text) > self.most:
            raise StopValidation(
                _("Enter at most %(most)s characters; these are %(has)s.", most=self.most, has=len(text))
            )


def tidy(text: str) -> str:
    """Markdown as it is stored: one kind of line end, no blank lines around it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    return "\n".join(lines[first:])


class Hidden(IntegerField):  # type: ignore[misc]  # WTForms ships no types
    """A number that the page carries; 0 for whatever else comes in."""

    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read plain digits."""
        text = valuelist[0] if valuelist else ""
        self.data: Any = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

    def _value(self) -> str:
        """What the next page carries: what a view decided, not what came in."""
        return str(self.data or 0)
