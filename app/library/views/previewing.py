"""What the editor and whoever suggests a correction see beside their text."""

from flask import request

from app.content.document import CardText
from app.content.heading import parted
from app.library.checking import remarks_on
from app.library.texts import Rendered, is_draft
from app.web.database import session


class Preview:
    """A text as learners will see it, parted as the study page parts it, and what to look at in it.

    `rendered` is None where it cannot be shown.
    """

    def __init__(self, text: CardText, rendered: Rendered | None, deck_id: int) -> None:
        self.text = text
        self.rendered = rendered
        self.title_html, self.body_html = parted(rendered.question_html) if rendered else ("", "")
        self.draft = is_draft(text)
        self.unanswerable = bool(text.options) and not any(option.right for option in text.options)
        portal = request.url_root.rstrip("/")
        self.remarks = remarks_on(session(), deck_id, text, portal=portal) if rendered is not None else ()
