"""A learner suggests, an editor decides, the learner is told: all of it without scripts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Audit, Card, CardRevision, Suggestion
from app.library.suggestions import MOST_OPEN
from tests.builders import make_card, make_deck, make_user, sign_in
from tests.functional.admin.conftest import hidden, post

OWN = "/suggestions"
QUEUE = "/edit/suggestions"
ANSWER = "A generator.\n\nA critic.\n\nThey compete."


@pytest.fixture
def card(session: Session) -> Card:
    deck = make_deck(session, slug="ai", title="Generative AI")
    made = make_card(session, deck, question="What is a GAN?", answer=ANSWER, section=("Models",), tags=("gan",))
    session.commit()
    return made


def suggest(client: FlaskClient, card: Card, **values: Any) -> TestResponse:
    form = {"kind": "text", "question": "What is a GAN?", "answer": ANSWER, "credited": "y"} | values
    return post(client, f"/cards/{card.guid}/suggest", form)


def decide(client: FlaskClient, session: Session, what: str, **values: Any) -> TestResponse:
    guid = only(session).guid
    kept = {"version": str(session.scalar(select(Card.version)))} | values
    return post(client, f"{QUEUE}/{guid}/{what}", kept, form="/edit/import")


def only(session: Session) -> Suggestion:
    session.rollback()
    session.expire_all()
    return session.scalars(select(Suggestion).order_by(Suggestion.id.desc()).limit(1)).one()


def stored(session: Session, card: Card) -> Card:
    session.rollback()
    session.expire_all()
    return session.get_one(Card, card.id)


BETTER = ANSWER.replace("A critic", "A discriminator")


def test_a_better_text_is_sent_shown_word_by_word_and_accepted_with_credit(
    app: Flask, session: Session, editor: FlaskClient, card: Card
) -> None:
    user = make_user(session)
    session.commit()
    learner = app.test_client()
    sign_in(learner, user)
    assert "Suggest a correction" in learner.get("/decks/ai").text
    sent = suggest(learner, card, answer=BETTER, note="The usual word.")
    assert (sent.status_code, sent.location) == (303, OWN)
    assert "Waiting" in learner.get(OWN).text

    page = editor.get(QUEUE).text
    assert "Suggestions (1)" in page
    assert "1 suggestion waits." in page
    assert re.search(r"<del><span[^>]*>removed: </span>critic</del><ins><span[^>]*>added: </span>discriminator", page)
    assert "The usual word." in page
    assert f"learner {user.guid[:4]}" in page
    assert "Accept as version 2" in page
    assert decide(editor, session, "accept").status_code == 303

    now = stored(session, card)
    assert (now.answer, now.section, now.tags, now.version) == (BETTER, ["Models"], ["gan"], 2)
    history = editor.get(f"/edit/cards/{card.guid}").text
    assert f"suggested by learner {user.guid[:4]}" in history
    told = learner.get(OWN).text
    assert "Accepted, version 2" in told
    assert "You are credited in the history of the card." in told
    assert "A discriminator" in learner.get("/decks/ai?open=all").text
    actions = session.scalars(select(Audit.action).where(Audit.thing == "card").order_by(Audit.id)).all()
    assert actions == ["suggestions.send", "suggestions.accept"]


def test_who_wants_to_stay_unnamed_is_not_named(session: Session, app: Flask, editor: FlaskClient, card: Card) -> None:
    user = make_user(session)
    session.commit()
    learner = app.test_client()
    sign_in(learner, user)
    suggest(learner, card, answer=BETTER, credited="")
    seen = editor.get(QUEUE).text
    decide(editor, session, "accept")
    seen += editor.get(QUEUE).text + editor.get(f"/edit/cards/{card.guid}").text
    assert "suggested by a learner" in seen
    assert user.guid[:4] not in re.sub(r'value="[^"]*"|id="[^"]*"|href="[^"]*"|action="[^"]*"', "", seen)
    assert user.email not in seen


def test_a_remark_is_settled_with_words_for_the_learner(
    session: Session, learner: FlaskClient, editor: FlaskClient, card: Card
) -> None:
    suggest(learner, card, kind="remark", note="Mode collapse is missing.\n<script>alert(1)</script>")
    page = editor.get(QUEUE).text
    assert "Mode collapse is missing." in page
    assert "<script>alert" not in page
    assert "Accept as version" not in page
    decide(editor, session, "settle", reason="It has a card of its own.")
    assert stored(session, card).version == 1
    told = learner.get(OWN).text
    assert "Settled" in told
    assert "It has a card of its own." in told


def test_a_decline_needs_a_reason_and_the_learner_reads_it(
    session: Session, learner: FlaskClient, editor: FlaskClient, card: Card
) -> None:
    suggest(learner, card, answer="Two nets.")
    assert decide(editor, session, "decline").status_code == 422
    long = "x" * 1001
    again = decide(editor, session, "decline", reason=long)
    assert again.status_code == 422
    assert long in again.text
    assert only(session).state == "waiting"
    assert decide(editor, session, "decline", reason="Too short.").status_code == 303
    assert stored(session, card).answer == ANSWER
    news = "A suggestion of yours is decided."
    assert news in learner.get("/").text
    told = learner.get(OWN).text
    assert "Declined" in told
    assert "Too short." in told
    assert news not in learner.get("/").text, "it was seen"
    suggest(learner, card, answer="Three nets.")
    decide(editor, session, "decline", reason="No.")
    assert news in learner.get("/").text, "this one was not"


def test_an_editor_amends_a_suggestion_and_the_learner_is_still_credited(
    session: Session, learner: FlaskClient, editor: FlaskClient, card: Card
) -> None:
    suggest(learner, card, answer=BETTER)
    guid = only(session).guid
    path = f"/edit/cards/{card.guid}"
    page = editor.get(f"{path}?suggestion={guid}").text
    assert "A discriminator." in page
    assert hidden(page, "suggestion") == guid
    fine = BETTER.replace("compete", "play against each other")
    values = {"question": "What is a GAN?", "answer": fine, "section": "Models", "tags": "gan", "suggestion": guid}
    saved = post(editor, path, values)
    assert (saved.status_code, saved.location) == (303, QUEUE)
    assert stored(session, card).answer == fine
    found = only(session)
    assert (found.state, found.accepted_version, found.amended) == ("accepted", 2, True)
    assert "With changes by the editor." in learner.get(OWN).text

    late = post(editor, path, values | {"answer": "Mine."})
    assert late.status_code == 409
    assert "Mine.</textarea>" in late.text
    assert hidden(late.text, "suggestion") == ""
    assert stored(session, card).version == 2


def test_a_suggestion_on_an_older_version_is_put_together_with_the_present_one(
    session: Session, learner: FlaskClient, editor: FlaskClient, card: Card
) -> None:
    suggest(learner, card, answer=BETTER)
    newer = ANSWER.replace("They compete", "They compete for long")
    edit = {"question": "What is a GAN?", "answer": newer, "section": "Models", "tags": "gan, nets"}
    post(editor, f"/edit/cards/{card.guid}", edit)
    page = editor.get(QUEUE).text
    assert "still fits" in page
    assert "for long" not in re.findall(r"<(?:ins|del)>.*?</(?:ins|del)>", page)
    assert decide(editor, session, "accept", version="1").status_code == 409
    assert decide(editor, session, "accept").status_code == 303
    now = stored(session, card)
    assert now.answer == newer.replace("A critic", "A discriminator")
    assert now.tags == ["gan", "nets"]


def test_texts_that_collide_are_not_accepted_unseen(
    session: Session, learner: FlaskClient, editor: FlaskClient, card: Card
) -> None:
    suggest(learner, card, answer=BETTER)
    edit = {"question": "What is a GAN?", "answer": ANSWER.replace("A critic", "A judge"), "section": "Models"}
    post(editor, f"/edit/cards/{card.guid}", edit)
    assert "The card changed since, in the same place" in editor.get(QUEUE).text
    assert decide(editor, session, "accept").status_code == 409
    assert stored(session, card).version == 2
    page = editor.get(f"/edit/cards/{card.guid}?suggestion={only(session).guid}").text
    assert "A discriminator." in page
    assert "Learner and present text collide" in page


def test_two_editors_decide_once(
    session: Session, learner: FlaskClient, editor: FlaskClient, colleague: FlaskClient, card: Card
) -> None:
    suggest(learner, card, answer=BETTER)
    decide(colleague, session, "accept")
    decide(editor, session, "decline", reason="No.")
    assert "decided or withdrawn before you" in editor.get(QUEUE).text
    assert only(session).state == "accepted"
    assert session.scalar(select(func.count()).select_from(CardRevision)) == 2


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({}, "The text is as it was."),
        ({"question": " "}, "Enter a question."),
        ({"kind": "remark"}, "Enter what you noticed."),
        ({"answer": "x" * 100_001}, "Enter at most 100000 characters"),
        ({"answer": "a\x07b"}, "control character"),
        ({"kind": "other", "answer": "Kept."}, "Choose one of those offered."),
    ],
)
def test_what_cannot_be_sent_comes_back_as_it_was_typed(
    session: Session, learner: FlaskClient, card: Card, values: dict[str, str], problem: str
) -> None:
    page = suggest(learner, card, **values)
    assert page.status_code == 422
    assert problem in page.text
    assert values.get("answer", ANSWER) in page.text
    assert session.scalar(select(func.count()).select_from(Suggestion)) == 0


def test_when_enough_wait_the_text_comes_back_and_withdrawing_makes_room(
    session: Session, learner: FlaskClient, card: Card
) -> None:
    for number in range(MOST_OPEN):
        suggest(learner, card, kind="remark", note=f"Remark {number}")
    full = suggest(learner, card, answer="One more text.")
    assert full.status_code == 409
    assert "One more text.</textarea>" in full.text
    assert f"{MOST_OPEN} of {MOST_OPEN} open suggestions used." in full.text
    withdrawn = post(learner, f"{OWN}/{only(session).guid}/withdraw", {}, form=OWN)
    assert withdrawn.status_code == 303
    assert suggest(learner, card, answer="One more text.").status_code == 303


def test_nobody_withdraws_or_reads_what_others_sent(
    session: Session, learner: FlaskClient, editor: FlaskClient, card: Card
) -> None:
    suggest(learner, card, kind="remark", note="Mine alone.")
    taken = post(editor, f"{OWN}/{only(session).guid}/withdraw", {}, form="/settings")
    assert taken.status_code == 404
    assert "Mine alone." not in editor.get(OWN).text
    assert only(session).state == "waiting"


def test_a_card_that_is_not_for_one_cannot_be_suggested_on(session: Session, learner: FlaskClient) -> None:
    owner = make_user(session)
    hidden_deck = make_deck(session, visibility="private", owner_id=owner.id)
    card = make_card(session, hidden_deck)
    session.commit()
    assert learner.get(f"/cards/{card.guid}/suggest").status_code == 404
    assert learner.get("/cards/none/suggest").status_code == 404


def test_the_preview_shows_text_and_change_and_sends_nothing(
    session: Session, learner: FlaskClient, card: Card
) -> None:
    path = f"/cards/{card.guid}/suggest"
    form = {"kind": "text", "question": "What is a GAN?", "answer": "A *pair* <script>x</script>"}
    part = post(learner, f"{path}/preview", form, form=path, headers={"X-Fragment": "preview"}).text
    assert "<em>pair</em>" in part
    assert "Your change" in part
    assert "<script>" not in part
    assert session.scalar(select(func.count()).select_from(Suggestion)) == 0


def test_who_may_edit_is_led_to_the_editor(editor: FlaskClient, card: Card) -> None:
    assert editor.get(f"/cards/{card.guid}/suggest").location == f"/edit/cards/{card.guid}"


def test_after_sending_the_learner_is_back_where_they_were_and_nowhere_else(learner: FlaskClient, card: Card) -> None:
    form = learner.get(f"/cards/{card.guid}/suggest?next=/study").text
    assert hidden(form, "next") == "/study"
    assert suggest(learner, card, kind="remark", note="One", next="/study").location == "/study"
    assert suggest(learner, card, kind="remark", note="Two", next="//evil.example").location == OWN
