"""Setting a card aside while studying and bringing it back: without scripts, as fragments, and on its own page."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Card, CardMark, Deck, User
from tests.builders import choose, csrf_token, make_card, make_deck, make_user, sign_in

FRAGMENT = {"X-Fragment": "session"}


@pytest.fixture
def browser(client: FlaskClient, session: Session) -> FlaskClient:
    user = make_user(session)
    choose(session, user, make_deck(session, slug="nets", title="Nets", cards=2))
    session.commit()
    sign_in(client, user)
    return client


def question(page: TestResponse) -> str:
    found = re.search(r'id="question"[^>]*>(.*?)</h1>', page.text, re.DOTALL)
    return found[1] if found else ""


def form(page: TestResponse, do: str) -> dict[str, str]:
    """What the button that does this sends."""
    button = re.search(rf'<button[^>]*?(?:form="(\w+)" )?name="do" value="{do}"', page.text)
    assert button, f"no button does {do}"
    start = page.text.index(f'<form id="{button[1]}"') if button[1] else page.text.rindex("<form", 0, button.start())
    text = page.text[start : page.text.index("</form>", start)]
    text += "".join(re.findall(rf'<input type="hidden" form="{button[1]}"([^>]*)>', page.text)) if button[1] else ""
    return dict(re.findall(r' name="(\w+)" value="([^"]*)"', text)) | {"do": do}


@pytest.mark.parametrize("do", ["bury", "suspend"])
def test_a_card_is_set_aside_and_undone_without_scripts(browser: FlaskClient, do: str) -> None:
    page = browser.get("/study?deck=nets")
    after = browser.post("/study/mark", data=form(page, do), follow_redirects=True)
    assert (question(after), "1 left" in after.text) == ("Question 2?", True)
    assert after.request.args["deck"] == "nets"
    back = browser.post("/study/mark", data=form(after, f"un{do}"), follow_redirects=True)
    assert (question(back), "2 left" in back.text) == ("Question 1?", True)


def test_a_script_gets_the_card_after_the_one_it_shows(browser: FlaskClient) -> None:
    page = browser.get("/study")
    second = browser.post("/study/mark", data=form(page, "bury"), headers=FRAGMENT)
    assert (second.status_code, question(second)) == (200, "Question 2?")
    assert "Buried." in second.text
    assert 'data-act="undo"' in second.text
    done = browser.post("/study/mark", data=form(second, "suspend"), headers=FRAGMENT)
    assert done.status_code == 204
    end = browser.get(done.location)
    assert "Suspended." in end.text
    back = browser.post("/study/mark", data=form(end, "unsuspend"), follow_redirects=True)
    assert question(back) == "Question 2?"


def test_a_script_that_takes_a_mark_back_gets_that_card(browser: FlaskClient) -> None:
    page = browser.get("/study")
    second = browser.post("/study/mark", data=form(page, "suspend"), headers=FRAGMENT)
    back = browser.post("/study/mark", data=form(second, "unsuspend"), headers=FRAGMENT)
    assert question(back) == "Question 1?"


def keyed(page: TestResponse) -> list[str]:
    """The buttons that the key for undo presses."""
    return re.findall(r'<button[^>]*data-act="undo"[^>]*>(?:<svg.*?</svg>)?([^<]*?) *<kbd>', page.text, re.DOTALL)


def test_the_key_for_undo_takes_back_what_was_done_last_also_at_the_end(browser: FlaskClient) -> None:
    page = browser.get("/study")
    browser.post("/study/answer", data=answer_of(page))
    end = browser.post("/study/mark", data=form(browser.get("/study"), "bury"), follow_redirects=True)
    assert (end.request.path, keyed(end)) == ("/study/done", ["Undo"])
    assert "Undo the last answer</button>" in end.text, "it is there, without the key"
    assert keyed(browser.get("/study/done")) == ["Undo the last answer"]
    assert 'data-act="undo"' not in browser.get(f"/set-aside?did={end.request.args['did']}").text, "no key acts there"


@pytest.mark.parametrize("do", ["flag", "bury", "suspend"])
def test_what_was_taken_back_is_not_undone_in_turn_but_the_answer_before_is(browser: FlaskClient, do: str) -> None:
    browser.post("/study/answer", data=answer_of(browser.get("/study")))
    marked = browser.post("/study/mark", data=form(browser.get("/study"), do), headers=FRAGMENT)
    if do != "flag":
        marked = browser.get(marked.location)
    back = browser.post("/study/mark", data=form(marked, f"un{do}"), headers=FRAGMENT)
    assert ("Flag removed." if do == "flag" else "Brought back.") in back.text
    assert keyed(back) == ["Undo"]
    assert 'form="undo" data-act="undo"' in back.text, "that of the answer"


@pytest.mark.parametrize("headers", [FRAGMENT, {}], ids=["script", "form"])
def test_marks_are_taken_back_one_after_the_other_and_then_the_answer_before(
    browser: FlaskClient, session: Session, headers: dict[str, str]
) -> None:
    for number in (3, 4, 5):
        make_card(session, session.scalars(select(Deck)).one(), question=f"Question {number}?")
    session.commit()
    page = browser.post("/study/answer", data=answer_of(browser.get("/study")), follow_redirects=True)
    done = []
    for do in ("bury", "flag", "suspend", "bury"):
        done.append((do, question(page)))
        page = browser.post("/study/mark", data=form(page, do), headers=headers, follow_redirects=True)
    assert "1 left" in page.text
    while done:
        do, asked = done.pop()
        page = browser.post("/study/mark", data=form(page, f"un{do}"), headers=headers, follow_redirects=True)
        assert do == "flag" or question(page) == asked
        assert f"{4 - sum(one != 'flag' for one, _ in done)} left" in page.text
    assert keyed(page) == ["Undo"]
    assert 'form="undo" data-act="undo"' in page.text, "that of the answer"
    session.rollback()
    marked = CardMark.buried_on.is_not(None) | CardMark.suspended_at.is_not(None) | CardMark.flagged_at.is_not(None)
    assert session.scalars(select(CardMark.card_id).where(marked)).all() == []


def test_thirty_marks_at_most_are_taken_back(browser: FlaskClient, session: Session) -> None:
    """As many as answers; and no more is taken from a form."""
    deck = session.scalars(select(Deck)).one()
    for number in range(3, 35):
        make_card(session, deck, question=f"Question {number}?")
    session.execute(update(User).values(new_per_day=99))
    session.commit()
    page = browser.get("/study")
    for _ in range(32):
        page = browser.post("/study/mark", data=form(page, "bury"), follow_redirects=True)
    for _ in range(30):
        page = browser.post("/study/mark", data=form(page, "unbury"), follow_redirects=True)
    assert (question(page), keyed(page)) == ("Question 3?", [])
    sent = form(page, "bury")
    many = ".".join(f"bury-{card.guid}" for card in session.scalars(select(Card).limit(31)))
    for wrong in (many, "unbury-0", "bury-", "bury-0.", "erase-0", "bury-0 "):
        assert browser.post("/study/mark", data=sent | {"did": wrong}).status_code == 422, wrong
    assert browser.get(f"/study?did={many}.bury-0").status_code == 200


def answer_of(page: TestResponse) -> dict[str, str]:
    return dict(re.findall(r'name="(card|version|key|csrf_token)" value="([^"]*)"', page.text)) | {"grade": "4"}


def test_a_flag_leaves_the_card_where_it_is(browser: FlaskClient) -> None:
    page = browser.get("/study")
    flagged = browser.post("/study/mark", data=form(page, "flag"), follow_redirects=True)
    assert (question(flagged), "2 left" in flagged.text) == ("Question 1?", True)
    assert 'value="unflag" data-act="flag"' in flagged.text
    fragment = browser.post("/study/mark", data=form(flagged, "unflag"), headers=FRAGMENT)
    assert "Flag removed." in fragment.text


def test_in_practice_marks_work_as_well(browser: FlaskClient) -> None:
    start = {"mode": "tag", "csrf_token": csrf_token(browser, "/choose")}
    page = browser.post("/practice", data=start, follow_redirects=True)
    place = page.request.path
    after = browser.post(f"{place}/mark", data=form(page, "bury"), follow_redirects=True)
    assert (question(after), "1 left" in after.text) == ("Question 2?", True)
    back = browser.post(f"{place}/mark", data=form(after, "unbury"), follow_redirects=True)
    assert question(back) == "Question 1?"
    assert browser.post("/practice/none/mark", data=form(back, "flag")).status_code == 404


@pytest.mark.parametrize("wrong", [{"do": "erase"}, {"do": "bury", "due": "2030-01-01"}, {"do": ""}])
def test_what_is_no_mark_is_refused(browser: FlaskClient, session: Session, wrong: dict[str, str]) -> None:
    sent = form(browser.get("/study"), "bury") | wrong
    assert browser.post("/study/mark", data=sent).status_code == 422
    assert browser.post("/study/mark", data=form(browser.get("/study"), "flag") | {"card": "0"}).status_code == 404
    assert session.scalar(select(CardMark.card_id)) is None


def test_the_page_of_what_is_set_aside_brings_it_back(browser: FlaskClient, session: Session) -> None:
    page = browser.get("/study")
    browser.post("/study/mark", data=form(page, "suspend"))
    browser.post("/study/mark", data=form(page, "flag"))
    shelf = browser.get("/set-aside?deck=nets&q=question")
    assert "Question 1?" in shelf.text
    assert "No card of this list fits." in browser.get("/set-aside?q=elephant").text
    assert "Question 1?" in browser.get("/set-aside?list=flagged").text
    card = session.scalars(select(Card).where(Card.question_text == "Question 1?")).one()
    sent = {"card": card.guid, "do": "unsuspend", "csrf_token": csrf_token(browser, "/set-aside")}
    back = browser.post("/set-aside?list=suspended", data=sent, follow_redirects=True)
    assert "Brought back." in back.text
    assert "No card is here." in back.text
    assert "Suspended, flagged and leech cards" in browser.get("/").text
