"""Search among 100,000 cards: the whole page of results, on both databases, beside a scan of all cards."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, func, insert, select, text
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.content.terms import indexed
from app.db.base import new_guid
from app.db.migrate import upgrade
from app.db.models import Card, Deck
from app.db.session import make_engine, session_factory
from app.library.finding import results
from app.library.texts import put, render_text
from tools.bench.registry import at_least, at_most, bench
from tools.bench.servers import DATABASES

CARDS = 100_000
DECKS = 50
WORDS = 30_000
QUERIES = 60
MOST_MS = 50.0
LEAST_RATIO = 3.0
_BATCH = 10_000


@bench("search")
def search() -> None:
    """Queries of one to three words, prefixes and phrases, among 100,000 cards: median and the common word's."""
    for name, database in DATABASES.items():
        with database() as url:
            engine = make_engine(url)
            upgrade(engine)
            with session_factory(engine)() as session:
                _seed(session)
                _tidy(engine)
                queries = _queries(session)
                found = [_ms(lambda query=query: results(session, None, query)) for query in queries]
                scanned = [_ms(lambda query=query: _scan(session, query)) for query in queries[:5]]
                common = statistics.median(_ms(lambda: results(session, None, "word00000")) for _ in range(5))
                wrong = _ms(lambda: results(session, None, "wrod01234"))
            engine.dispose()
        at_most(f"{name}, median ms of {len(queries)} queries", statistics.median(found), MOST_MS)
        at_least(
            f"{name}, times faster than a scan", statistics.median(scanned) / statistics.median(found), LEAST_RATIO
        )
        at_most(f"{name}, median ms of a word in nearly every card", common, 10 * MOST_MS)
        at_most(f"{name}, ms of a mistyped word", wrong, 20 * MOST_MS)


def _ms(run: Callable[[], Any]) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


def _scan(session: Session, query: str) -> None:
    """What a search without an index does: read every card's text."""
    words = (Card.search_text.contains(word) for word in indexed(query).split())
    session.scalar(select(func.count()).select_from(Card).where(*words))


def _text(chance: random.Random, words: int) -> str:
    """Words as a language has them: few of them often, most of them rarely."""
    return " ".join(f"word{int(WORDS * chance.random() ** 4):05}" for _ in range(words))


def _queries(session: Session) -> list[str]:
    """What readers ask: a word or three that stand in one card, some unfinished, some as a phrase."""
    chance = random.Random(2)
    texts = session.scalars(select(Card.search_text).where(Card.id % (CARDS // QUERIES) == 7)).all()
    made = []
    for number, stored in enumerate(texts[:QUERIES]):
        words, count = stored.split()[8:], 1 + number % 3
        start = chance.randrange(len(words) - count)
        phrase = " ".join(words[start : start + count])
        made.append(f'"{phrase}"' if number % 10 == 9 else phrase[:-1] if number % 4 == 0 else phrase)
    return made


def _tidy(engine: Engine) -> None:
    """What PostgreSQL does by itself, within a minute, after so many new rows."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE) card, card_search"))


def _seed(session: Session) -> None:
    chance = random.Random(1)
    now = datetime.now(UTC)
    decks = [
        Deck(slug=f"d{n}", title=f"Deck {n}", visibility="public", created_at=now, updated_at=now) for n in range(DECKS)
    ]
    session.add_all(decks)
    session.flush()
    model = Card(deck_id=decks[0].id, position=0, kind="basic", draft=False, created_at=now, updated_at=now)
    text = CardText("A question?", "An answer.")
    put(model, text, render_text(text))
    session.add(model)
    session.flush()
    table: Any = Card.__table__
    own = {column.name: getattr(model, column.name) for column in table.columns if column.name != "id"}
    for start in range(0, CARDS, _BATCH):
        rows = []
        for place in range(start, start + _BATCH):
            title, body = _text(chance, 8), _text(chance, 60)
            texts = {"question_text": title, "search_title": title, "search_text": f"{title} {body}"}
            rows.append(own | texts | {"guid": new_guid(), "deck_id": decks[place % DECKS].id, "position": place})
        session.connection().execute(insert(table), rows)
    session.commit()
