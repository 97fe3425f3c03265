"""Many people at once: whoever asks is known as themselves, and nobody as somebody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db.models import LoginSession
from tests.builders import make_user, sign_in


def test_everybody_is_known_as_themselves(app: Flask, session: Session) -> None:
    people = [make_user(session) for _ in range(6)]
    session.commit()
    clients = [app.test_client() for _ in people]
    for client, person in zip(clients[:5], people, strict=False):
        sign_in(client, person)
    session.execute(delete(LoginSession).where(LoginSession.user_id == people[4].id))
    session.commit()

    def seen(place: int) -> set[str]:
        """Whose pages, of all people, this one is shown."""
        shown = [clients[place].get("/account/security").get_data(as_text=True) for _ in range(15)]
        return {person.guid for person in people for page in shown if person.guid in page} | {
            "nobody" for page in shown if people[place].guid not in page
        }

    with ThreadPoolExecutor(6) as pool:
        known = list(pool.map(seen, range(6)))
    assert known == [*({person.guid} for person in people[:4]), {"nobody"}, {"nobody"}]
