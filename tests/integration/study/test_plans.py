"""The statements of the plan pick what the pure queue would of all the cards there are."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.content.document import CardText
from app.db.base import new_guid
from app.db.models import Card, CardMark, CardState, Collection, Deck, DeckChoice, Event
from app.db.prepared import as_one_question
from app.db.session import make_engine, session_factory
from app.library.texts import put, render_text
from app.scheduling.queue import (
    DeckLimits,
    Done,
    Due,
    Limits,
    New,
    NewOrder,
    Order,
    Plan,
    ReviewOrder,
    Waiting,
    make_plan,
)
from app.scheduling.state import Grade
from app.scheduling.steps import steps_named, wait
from app.study import asking, begun, projection, queries, question, service
from app.study.queries import Reading
from app.study.scopes import Scope, scoped
from app.study.summary import summary
from app.study.unbegun import NEW_BEHIND
from app.web.sessions import Viewer
from tests.builders import LONG_AGO, choose, make_deck, make_user
from tests.integration.study.people import NOW, give, viewer_of

DAY = timedelta(days=1)
TODAY = NOW.date()
BOTH = (Scope(), Scope(deck="deck-1"), Scope(collection="folder"), Scope(tag="odd"), Scope("deck-0", tag="odd"))
SCOPES = tuple(scope._replace(only=only) for scope, only in product(BOTH, ("", "new", "due")))
ORDERS = tuple(product(NewOrder, ReviewOrder))


def make_learner(session: Session, chance: random.Random, *, limits: bool) -> Viewer:
    """A learner with a history of three weeks in four decks: cards of every state, marks, decks with limits of all kinds."""
    user = make_user(session)
    folder = Collection(slug="folder", title="Folder", created_at=LONG_AGO)
    session.add(folder)
    session.flush()
    viewer = viewer_of(user, learning_steps="1m 10m")
    cards: list[Card] = []
    for n in range(4):
        deck = make_deck(session, slug=f"deck-{n}", collection_id=folder.id if n % 2 else None)
        cards += [a_card(deck, place) for place in range(chance.randint(8, 16))]
        own = {"new_per_day": chance.choice((None, None, 3)), "reviews_per_day": chance.choice((None, None, 4))}
        own = own if limits else {}
        chosen_at = LONG_AGO + chance.random() * DAY
        session.add(DeckChoice(user_id=user.id, deck_id=deck.id, chosen_at=chosen_at, **own))
    session.add_all(cards)
    session.flush()
    days = sorted(chance.choice((0, 0, 0, 1, 2, 5, 7, 20)) for _ in range(50))
    for days_ago in reversed(days):
        study(session, viewer, chance.choice(cards), chance, days_ago)
    taken_out = {"archived_at": NOW, "archived_reason": "editor"}
    for card in chance.sample(cards, k=min(len(cards), 4)):
        session.execute(update(Card).where(Card.id == card.id).values(chance.choice(({"draft": True}, taken_out))))
    for card in chance.sample(cards, k=min(len(cards), 9)):
        session.add(a_mark(user.id, card.id, chance))
    session.commit()
    return viewer


def a_card(deck: Deck, place: int) -> Card:
    tags = ["odd", "odd one"] if place % 2 else ["even"] if place % 3 else []
    text = CardText("Question?", "Answer.", (), tuple(tags), ())
    card = Card(
        deck_id=deck.id, position=place * 3, kind="basic", draft=False, created_at=LONG_AGO, updated_at=LONG_AGO
    )
    put(card, text, render_text(text))
    return card


def a_mark(user_id: int, card_id: int, chance: random.Random) -> CardMark:
    said: dict[str, Any] = chance.choice(
        ({"suspended_at": NOW}, {"buried_on": TODAY}, {"buried_on": TODAY - DAY}, {"flagged_at": NOW})
    )
    return CardMark(user_id=user_id, card_id=card_id, **said)


def study(
    session: Session,
    viewer: Viewer,
    card: Card,
    chance: random.Random,
    days_ago: int,
    *,
    reading: Reading | None = None,
) -> None:
    one = (CardState.user_id == viewer.id, CardState.card_id == card.id)
    version = session.scalar(select(CardState.version).where(*one)) or 0
    service.answer(
        session,
        viewer=viewer,
        card=card.guid,
        grade=Grade(chance.choice((1, 3, 4, 5))),
        key=new_guid(),
        version=version,
        elapsed_ms=None,
        now=NOW - days_ago * DAY - timedelta(minutes=chance.randint(0, 20)),
        reading=reading,
    )


class Everything:
    """All rows there are, read once."""

    def __init__(self, session: Session) -> None:
        self.states = {one.card_id: one for one in session.scalars(select(CardState))}
        self.marks = {one.card_id: one for one in session.scalars(select(CardMark))}
        self.choices = session.scalars(select(DeckChoice).order_by(DeckChoice.chosen_at, DeckChoice.deck_id)).all()
        self.decks = session.scalars(select(Deck)).all()
        self.folder = session.scalar(select(Collection.id).where(Collection.slug == "folder"))
        self.cards = session.scalars(select(Card)).all()
        self.done: dict[int, Done] = {}
        deck_of = {card.id: card.deck_id for card in self.cards}
        for event in session.scalars(select(Event).where(Event.study_day == TODAY, Event.counted)):
            so_far = self.done.get(deck_of[event.card_id], Done())
            new = event.interval_before is None
            self.done[deck_of[event.card_id]] = Done(so_far.new + new, so_far.reviews + (not new))

    def asked(self, card: Card, tag: str) -> bool:
        """Whether a card may be asked at all today."""
        mark = self.marks.get(card.id)
        away = mark is not None and (mark.suspended_at is not None or mark.buried_on == TODAY)
        return not (card.draft or card.archived_at or card.merged_into_id or away or (tag and tag not in card.tags))

    def plan(self, viewer: Viewer, scope: Scope) -> Plan:
        """The plan by the pure queue, of every card looked at one by one."""
        place = {one.deck_id: n for n, one in enumerate(self.choices)}
        waiting, due, new = [], [], []
        for card in self.cards:
            state = self.states.get(card.id)
            if not self.asked(card, scope.tag):
                continue
            if state is None or state.due is None:
                new.append(New(card.id, card.deck_id, place[card.deck_id], card.position))
                continue
            if state.repeat_day == TODAY and state.repeat_from is not None:
                at = state.repeat_from + wait(steps_named(viewer.learning_steps), state.repeat_step or 0)
                waiting.append(Waiting(card.id, card.deck_id, at))
            if state.due <= TODAY:
                due.append(Due(card.id, card.deck_id, state.due, state.interval))
        more = (viewer.extra_new, viewer.extra_reviews) if viewer.extra_on == TODAY else (0, 0)
        own = {one.deck_id: DeckLimits(one.new_per_day, one.reviews_per_day).raised(*more) for one in self.choices}
        a_day = (viewer.new_per_day if viewer.no_new_before in (None, TODAY) else 0, viewer.reviews_per_day)
        if viewer.holiday_from == TODAY or viewer.holiday_to == TODAY:
            a_day = (0, 0)
        wanted = {
            deck.id
            for deck in self.decks
            if scope.deck in ("", deck.slug) and (not scope.collection or deck.collection_id == self.folder)
        }
        plan = make_plan(
            TODAY,
            waiting=waiting,
            due=due,
            new=new,
            limits=Limits(a_day[0] + more[0], a_day[1] + more[1], own),
            order=Order(NewOrder(viewer.new_order), ReviewOrder(viewer.review_order)),
            done=self.done,
            decks=wanted if scope.deck or scope.collection else None,
            learner=viewer.id,
        )
        return replace(
            plan,
            new=() if scope.only == "due" else plan.new,
            reviews=() if scope.only == "new" else plan.reviews,
        )


@pytest.mark.parametrize("seed", [1, 2])
def test_the_statements_pick_what_the_queue_would(session: Session, seed: int) -> None:
    chance = random.Random(seed)
    learner = make_learner(session, chance, limits=seed == 1)
    there = Everything(session)
    kinds, counted = set(), 0
    for scope, (new, reviews) in product(SCOPES, ORDERS):
        away = chance.choice(
            ((None, None), (None, None), (TODAY, TODAY + DAY), (TODAY - DAY, TODAY), (TODAY - DAY,) * 2)
        )
        viewer = replace(
            learner,
            holiday_from=away[0],
            holiday_to=away[1],
            no_new_before=chance.choice((None, None, TODAY, TODAY + DAY)),
            new_order=new.value,
            review_order=reviews.value,
            new_per_day=chance.choice((0, 4, 9, 40)),
            reviews_per_day=chance.choice((0, 4, 9, 40)),
            extra_on=TODAY - chance.randint(0, 1) * DAY,
            extra_new=chance.randint(0, 2),
            extra_reviews=chance.randint(0, 3),
        )
        plan = scoped(session, viewer, scope, now=NOW).today.plan
        assert plan == there.plan(viewer, scope), viewer
        first = scoped(session, viewer, scope, now=NOW, foremost=True).today.plan
        counted += first.more_reviews > 0
        assert (first.counts, first.next(NOW)) == (plan.counts, plan.next(NOW)), viewer
        assert first.ordered(NOW) == plan.ordered(NOW)[: len(first.ordered(NOW))]
        assert len(first.ordered(NOW)) >= min(2, plan.counts.total)
        assert scope.all_cards or not first.more_reviews
        kinds |= {type(item) for item in plan.ordered(NOW)}
    assert kinds == {New, Due, Waiting}
    assert counted > 0 or seed == 1


def test_a_page_counts_and_takes_back_what_its_scope_has(session: Session) -> None:
    chance = random.Random(3)
    learner = replace(make_learner(session, chance, limits=False), new_per_day=9, reviews_per_day=9)
    there = Everything(session)
    decks, undone = {deck.id: deck for deck in there.decks}, 0
    cards = {card.id: card for card in there.cards}
    given = session.scalars(select(Event).where(Event.kind == "review", Event.live).order_by(Event.id.desc())).all()
    for scope in SCOPES:
        plan = there.plan(learner, scope)
        waits = {item.card_id for item in plan.waiting}
        here = [
            event
            for event in given
            if scope.deck in ("", decks[cards[event.card_id].deck_id].slug)
            and (not scope.collection or decks[cards[event.card_id].deck_id].collection_id == there.folder)
            and (not scope.tag or scope.tag in cards[event.card_id].tags)
        ]

        def fits(event: Event, scope: Scope = scope) -> bool:
            return not scope.only or (scope.only == "new") == (event.interval_before is None)

        firsts = [one for one in here if one.study_day == TODAY and one.counted]
        answered = sum(fits(one) or one.card_id in waits for one in firsts)
        last = {event.card_id: event for event in reversed(given)}
        lately = [one for one in here if one.answered_at > NOW - DAY and (not one.counted or fits(one))]
        undo = next((one.id for one in lately if not scope.only or last[one.card_id] is one), None)
        page = asking.screen(session, learner, now=NOW, scope=scope)
        total = max(answered + len(plan.new) + len(plan.reviews), plan.counts.total)
        assert (page.left, page.total, page.undo) == (plan.counts.total, total, undo), scope
        came_to = summary(session, learner, now=NOW, scope=scope)
        assert (came_to.left, came_to.undo) == (plan.counts, undo)
        assert came_to.ahead == summary(session, learner, now=NOW, scope=scope._replace(only="")).ahead
        undone += undo is not None
    assert undone > len(BOTH)


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_read_beside_an_answer_is_what_is_read_after_it(postgresql_url: str, seed: int) -> None:
    chance = random.Random(seed)
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session:
        learner = make_learner(session, chance, limits=seed == 1)
        there = Everything(session)
        cards = {card.id: card for card in there.cards if there.asked(card, "")}
        beside, began = 0, set()
        for number in range(60):
            scope, (new, reviews) = chance.choice(SCOPES), chance.choice(ORDERS)
            viewer = replace(
                learner,
                new_order=new.value,
                review_order=reviews.value,
                new_per_day=chance.choice((0, 4, 9, 40)),
                reviews_per_day=chance.choice((4, 40)),
                suspend_leeches=number % 4 == 0,
            )
            planned = scoped(session, viewer, Scope(), now=NOW).today.plan.ordered(NOW)
            card = cards[chance.choice(planned).card_id] if planned and number % 5 else chance.choice([*cards.values()])
            reading = asking.beside_an_answer(session, viewer, now=NOW, scope=scope)
            study(session, viewer, card, chance, 0, reading=reading)
            at_once = scoped(session, viewer, scope, now=NOW, foremost=True)
            again = scoped(session, viewer, scope, now=NOW, foremost=True, reading=reading)
            assert again == at_once, viewer
            if reading is not None and reading.gone_on:
                beside += 1
                began |= {type(item) for item in planned if item.card_id == card.id}
    assert beside > 40
    assert began == {New, Due, Waiting}
    engine.dispose()


def test_a_card_that_was_not_known_waits_also_where_none_waited_before(postgresql_url: str) -> None:
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session:
        user, deck = make_user(session), make_deck(session, cards=3)
        choose(session, user, deck)
        viewer, card = viewer_of(user), session.scalars(select(Card).order_by(Card.position)).first()
        assert card is not None
        reading = asking.beside_an_answer(session, viewer, now=NOW, scope=Scope())
        give(session, viewer, card, 1, now=NOW, reading=reading)
        read = scoped(session, viewer, Scope(), now=NOW, foremost=True, reading=reading)
        assert [item.card_id for item in read.today.plan.waiting] == [card.id]
    engine.dispose()


def test_a_card_that_waits_since_the_reading_was_begun_is_not_left_out(postgresql_url: str) -> None:
    """Answered in another tab just then: it is due no more, and must wait."""
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session, session_factory(engine)() as other:
        user, deck = make_user(session), make_deck(session, cards=1)
        choose(session, user, deck)
        viewer, card = viewer_of(user), session.scalars(select(Card)).one()
        give(session, viewer, card, 4, now=NOW - 9 * DAY)
        reading = Reading(session, viewer, NOW, foremost=True)
        reading.begin()
        give(other, viewer, card, 1, now=NOW, version=1)
        reading.go_on()
        assert [item.card_id for item in queries.plan_of(reading.day()).plan.waiting] == [card.id]
    engine.dispose()


def test_the_place_of_the_next_new_card_is_written_down_once(session: Session) -> None:
    user, deck = make_user(session), make_deck(session, cards=NEW_BEHIND + 9)
    choose(session, user, deck)
    viewer = viewer_of(user)
    for card in session.scalars(select(Card).order_by(Card.position).limit(NEW_BEHIND + 2)).all():
        give(session, viewer, card, 4, now=NOW - DAY)
    assert queries.today_plan(session, viewer, NOW).behind == (deck.id,)
    service.remember_places(session, user_id=user.id, decks=(deck.id,))
    today = queries.today_plan(session, viewer, NOW)
    assert today.behind == ()
    assert len(today.plan.new) == 7


def test_what_is_read_for_several_at_once_is_what_is_read_for_each(postgresql_url: str) -> None:
    chance = random.Random(3)
    engine = make_engine(postgresql_url)
    with session_factory(engine)() as session:
        learner = make_learner(session, chance, limits=True)
        nobody = viewer_of(make_user(session), learning_steps="1m 10m")
        chosen = session.scalars(select(Deck.id)).all()[:2]
        for deck in chosen:
            session.add(DeckChoice(user_id=nobody.id, deck_id=deck, chosen_at=LONG_AGO))
        session.flush()
        viewers = [
            replace(
                one, new_order=new.value, review_order=order.value, new_per_day=most_new, reviews_per_day=most_reviews
            )
            for one in (learner, nobody)
            for new, order in ORDERS
            for most_new, most_reviews in ((0, 4), (9, 40))
        ]
        readings: list[dict[str, Any]] = [
            {"viewer": viewer, "now": now, "tag": tag, "foremost": foremost}
            for viewer in viewers
            for now in (NOW, NOW + DAY)
            for tag, foremost in (("", True), ("", False), ("odd", False))
        ]
        several = [Reading(session, **one) for one in readings]
        for step in (Reading.begin, Reading.go_on):
            with as_one_question(session):
                for reading in several:
                    step(reading)
        for one, reading in zip(readings, several, strict=True):
            assert reading.day() == Reading(session, **one).read(), one
    engine.dispose()


def test_what_an_answer_reads_may_be_asked_for_several_at_once(session: Session) -> None:
    """PostgreSQL is asked once for all answers of a transaction, where it is known of what kind each value is."""
    dialect, viewer = make_engine("postgresql+psycopg://nowhere/").dialect, viewer_of(make_user(session))
    values = {
        "user": 1,
        "today": TODAY,
        "decks": [1, 2],
        "most": 9,
        "tag": "odd",
        "guid": "a",
        "key": "b",
        "card": 1,
        "new": 5,
    }
    read = {
        "the card": service._TO_ANSWER,
        "its log": projection._LOG_OF_GUID,
        "decks": queries._chosen_statement(viewer, with_new=True),
        "decks without new cards": queries._chosen_statement(viewer, with_new=False),
        "what was done": queries._DONE,
        "what waits": begun._WAITING,
        "what is due first": begun._FOREMOST["postgresql"],
        "what is due": begun._DUE[False],
        "the next card": question._ROW,
    }
    assert [what for what, one in read.items() if not one._compiled(dialect, values).kinds] == []
