"""Years of a real document imported one on top of the other while people learn from it: logs and states agree throughout."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db.models import Card, CardState, Deck, Event
from app.library.files import Batch, SourceFile
from app.library.importing import import_batches
from app.library.pending import confirm, open_questions
from app.library.queries import studyable
from app.study.joining import replay_everyone
from app.study.verify import verify
from app.web.sessions import Viewer
from tests.builders import choose, make_user
from tests.integration.study.people import NOW, give, viewer_of

ANSWERS_EACH = 8


def _learn(session: Session, learner: Viewer, chance: Random, day: int) -> int:
    """Some cards of today's deck, answered; gives how many answers there were."""
    cards = session.scalars(select(Card).where(studyable()).order_by(Card.position, Card.id)).all()
    for number, card in enumerate(chance.sample(cards, ANSWERS_EACH)):
        version = session.scalar(
            select(CardState.version).where(CardState.user_id == learner.id, CardState.card_id == card.id)
        )
        when = NOW + timedelta(days=day, minutes=number)
        give(session, learner, card, chance.choice((1, 3, 4, 5)), now=when, version=version or 0)
    return ANSWERS_EACH


@pytest.mark.corpora
def test_a_whole_history_with_learners_in_between_replays_to_what_is_stored(corpora: Path, session: Session) -> None:
    chance, answers = Random(7), 0
    learners: list[Viewer] = []
    for step, path in enumerate(sorted((corpora / "histories" / "versions" / "ds-theory").iterdir())):
        file = SourceFile("theory.md", "theory.md", path.read_bytes())
        when = NOW + timedelta(days=7 * step)
        import_batches(session, batches=[Batch((file,), shown="theory.md", slug="theory")], now=when)
        session.commit()
        if not learners:
            users = [make_user(session) for _ in range(3)]
            for user in users:
                choose(session, user, session.scalars(select(Deck)).one())
            session.commit()
            learners = [viewer_of(user) for user in users]
        for question in open_questions(session):
            session.rollback()
            decided = confirm(session, guid=question.guid, same=chance.random() < 0.7, now=when)
            replay_everyone(session, card_ids=decided.replay)
            session.commit()
        for day, learner in enumerate(learners):
            answers += _learn(session, learner, chance, 7 * step + day)
        assert verify(session).differences == []
        session.rollback()
    assert session.scalar(select(func.count()).select_from(Event).where(Event.kind == "review")) == answers
