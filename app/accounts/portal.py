"""The portal's own choices: what it is called, what it says to visitors, who may register."""

import re
from functools import lru_cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content import render
from app.db.models import Portal
from app.db.session import write
from app.web import audit

_HEADING = re.compile(r"(</?h)([3-6])(?=[ >])")
MAX_WELCOME = 2000
"""Characters of the welcome text: it is rendered for every visitor."""


def choose(session: Session, *, name: str, registration: str, welcome: str) -> bool:
    """Keep the portal's choices; gives whether any of them is another one now."""
    write(session)
    row = session.scalars(select(Portal).with_for_update()).one()
    before = (row.name, row.registration, row.welcome)
    if before == (name, registration, welcome):
        return False
    row.name, row.registration, row.welcome = name, registration, welcome
    session.flush()
    if before[1] != registration:
        audit.note(session, "system.registration", area="system", before=before[1], after=registration)
    if (before[0], before[2]) != (name, welcome):
        audit.note(session, "system.portal", area="system", label=name)
    return True


def set_registration(session: Session, registration: str) -> bool:
    """Say who may register: open, invited or closed; gives whether that is another one now."""
    row = session.execute(select(Portal.name, Portal.welcome)).one()
    return choose(session, name=row.name, registration=registration, welcome=row.welcome)


def welcome(session: Session) -> str:
    """The welcome text as HTML; empty where there is none."""
    text = session.scalar(select(Portal.welcome)) or ""
    return _html(text) if text else ""


@lru_cache(maxsize=8)
def _html(text: str) -> str:
    """Its headings stand right below that of the page, one level higher than those of an answer."""
    return _HEADING.sub(lambda tag: f"{tag[1]}{int(tag[2]) - 1}", render.render(text))
