"""What is studied at once: a session stays in its deck, collection, tag or kind, and the day's limits hold over all of them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.db.models import Card, Collection, User
from app.web import clock
from tests.builders import LONG_AGO, choose, csrf_token, make_card, make_deck, make_user, sign_in
from tests.functional.study.test_session import FRAGMENT, form_of, question
from tests.integration.study.people import NOW, give, viewer_of


@pytest.fixture
def learner(session: Session) -> User:
    """Somebody with a collection of two decks and one deck beside it, two cards each, one of them about loops."""
    notes = Collection(slug="notes", title="Notes", created_at=LONG_AGO)
    session.add(notes)
    session.flush()
    user = make_user(session)
    for slug, folder in (("one", notes.id), ("two", notes.id), ("three", None)):
        deck = make_deck(session, slug=slug, collection_id=folder)
        make_card(session, deck, question=f"First of {slug}?", tags=("loops & more", "basics"))
        make_card(session, deck, question=f"Second of {slug}?", tags=("loops",))
        choose(session, user, deck)
    session.commit()
    return user


@pytest.fixture
def browser(client: FlaskClient, learner: User) -> FlaskClient:
    sign_in(client, learner)
    return client


def left(page: TestResponse) -> int:
    found = re.search(r"(\d+) left", page.text)
    return int(found[1]) if found else 0


SCOPES = [
    ({"deck": "one"}, ["First of one?", "Second of one?"]),
    ({"collection": "notes"}, ["First of one?", "First of two?", "Second of one?", "Second of two?"]),
    ({"tag": "loops & more"}, ["First of one?", "First of two?", "First of three?"]),
    ({"collection": "notes", "tag": "loops"}, ["Second of one?", "Second of two?"]),
]


@pytest.mark.parametrize(("scope", "asked"), SCOPES)
@pytest.mark.parametrize("script", [True, False])
def test_a_session_stays_in_its_scope_to_the_end(
    browser: FlaskClient, scope: dict[str, str], asked: list[str], script: bool
) -> None:
    address = f"/study?{urlencode(scope)}"
    page = browser.get(address)
    assert left(page) == len(asked)
    seen = []
    for n in range(len(asked)):
        seen.append(question(page))
        form = {name: unescape(value) for name, value in form_of(page).items()}
        assert {name: form[name] for name in ("deck", "collection", "tag") if name in form} == scope
        if script:
            page = browser.post("/study/answer", data=form, headers=FRAGMENT)
        else:
            sent = browser.post("/study/answer", data=form)
            assert sent.location == address
            page = browser.get(address)
        if n == 0:  # one step back and forward
            back = browser.post("/study/undo", data=taking(page, "undo"), follow_redirects=True)
            assert (question(back), left(back)) == (seen[0], len(asked))
            page = browser.post("/study/redo", data=taking(back, "redo"), follow_redirects=True)
            assert left(page) == len(asked) - 1
    assert seen == asked
    done = browser.get(page.location or "")
    assert done.request.path == "/study/done"
    assert dict(done.request.args) == scope
    assert f"You answered {len(asked)} cards" in done.text
    assert f"{6 - len(asked)} cards are left in what else you study." in done.text
    assert 'href="/study"' in done.text


def taking(page: TestResponse, which: str) -> dict[str, str]:
    """The fields of the undo or redo form."""
    form = re.search(rf'<form id="{which}".*?</form>', page.text, re.DOTALL)
    assert form, f"the page offers no {which}"
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', unescape(form[0])))


def test_the_limit_of_the_day_holds_over_all_scopes(browser: FlaskClient, session: Session, learner: User) -> None:
    session.merge(learner).new_per_day = 3
    session.commit()
    assert [left(browser.get(f"/study?{part}")) for part in ("deck=one", "deck=two", "tag=loops", "")] == [1, 1, 3, 3]
    browser.post("/study/answer", data=form_of(browser.get("/study?tag=loops")))
    browser.post("/study/answer", data=form_of(browser.get("/study?deck=three")))
    assert [left(browser.get(f"/study?{part}")) for part in ("collection=notes", "tag=loops", "")] == [1, 1, 1]


NOWHERE = ["deck=gone", "collection=gone", "deck=%00", "collection=%00", "tag=%00", "only=old", "only=NEW", "only=%00"]


@pytest.mark.parametrize("scope", NOWHERE)
def test_a_scope_that_is_not_there_is_not_found(browser: FlaskClient, scope: str) -> None:
    assert browser.get(f"/study?{scope}").status_code == 404
    assert browser.get(f"/study/done?{scope}").status_code == 404


def test_a_collection_that_is_not_studied_or_not_shown(
    browser: FlaskClient, session: Session, client: FlaskClient
) -> None:
    for slug, visibility in (("open", "members"), ("closed", "group")):
        folder = Collection(slug=slug, title=slug, created_at=LONG_AGO)
        session.add(folder)
        session.flush()
        make_deck(session, cards=1, collection_id=folder.id, visibility=visibility)
    session.commit()
    assert browser.get("/study?collection=open").status_code == 409
    assert browser.get("/study?collection=closed").status_code == 404
    nothing = client.get("/study?tag=unheard-of", follow_redirects=True)
    assert "Nothing is due." in nothing.text


def test_thirty_steps_back_and_forward(browser: FlaskClient, session: Session, learner: User) -> None:
    session.merge(learner).new_per_day = 99
    many = make_deck(session, slug="many", cards=32)
    choose(session, session.merge(learner), many)
    session.commit()
    page = browser.get("/study?deck=many")
    for _ in range(31):
        page = browser.post("/study/answer", data=form_of(page), headers=FRAGMENT)
    assert 'id="redo"' not in page.text
    for n in range(30):
        page = browser.post("/study/undo", data=taking(page, "undo"), headers=FRAGMENT)
        assert (question(page), left(page)) == (f"Question {31 - n}?", n + 2)
    page = browser.get("/study?deck=many")  # another tab, another device: the way forward is the log's
    for n in range(30):
        page = browser.post("/study/redo", data=taking(page, "redo"), headers=FRAGMENT)
        assert left(page) == 30 - n
    assert 'id="redo"' not in page.text
    page = browser.post("/study/undo", data=taking(page, "undo"), headers=FRAGMENT)
    page = browser.post("/study/answer", data=form_of(page, "5"), headers=FRAGMENT)
    assert 'id="redo"' not in browser.get("/study?deck=many").text, "what was answered since leaves nothing to put back"


def test_pages_lead_to_what_can_be_studied_alone(browser: FlaskClient, session: Session) -> None:
    home = browser.get("/").text
    assert 'href="/study?collection=notes">Notes (4)</a>' in home
    assert 'href="/study?deck=three"' in home
    assert re.findall(r'href="/study\?tag=([^"]+)">', home) == ["basics", "loops", "loops+%26+more"]
    tagged = browser.get("/decks/one?tag=loops").text
    assert 'href="/study?deck=one&amp;tag=loops">Study 1 card with this tag</a>' in tagged
    choice = browser.get("/choose").text
    folder = re.search(r'<option value="(collection:\w+)">', choice)
    token = re.search(r'name="csrf_token" value="([^"]+)"', choice)
    assert folder
    assert token
    form = {"mode": "due", "source": folder[1], "csrf_token": token[1]}
    assert browser.post("/practice", data=form).location == "/study?collection=notes"


def way(page: TestResponse) -> str:
    """How far a page says the day has come."""
    found = re.search(r"Session progress: ([^\"]*)", page.text)
    assert found
    return found[1]


def test_what_was_answered_in_a_deck_that_is_left_stays_a_part_of_the_day(browser: FlaskClient) -> None:
    page = browser.get("/study")
    assert question(page) == "First of one?"
    browser.post("/study/answer", data=form_of(page), headers=FRAGMENT)
    browser.post("/decks/one/choose", data={"study": "no", "csrf_token": csrf_token(browser, "/study")})
    page = browser.get("/study")
    assert way(page) == "1 of 5 cards"
    page = browser.post("/study/answer", data=form_of(page), headers=FRAGMENT)
    assert way(page) == way(browser.get("/study")) == "2 of 5 cards"


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def halfway(noon: None, browser: FlaskClient, session: Session, learner: User) -> FlaskClient:
    """The browser of somebody who began the first card of each deck before, so that it is due, and has the second to begin."""
    for card in session.scalars(select(Card).where(Card.question_text.startswith("First"))):
        give(session, viewer_of(session.merge(learner)), card, now=NOW - timedelta(days=3))
    session.commit()
    return browser


FIRST, SECOND = ([f"{place} of {deck}?" for deck in ("one", "two", "three")] for place in ("First", "Second"))
ALONE = [
    ({"only": "new"}, SECOND),
    ({"only": "due"}, FIRST),
    ({"deck": "one", "only": "new"}, SECOND[:1]),
    ({"collection": "notes", "only": "due"}, FIRST[:2]),
    ({"tag": "loops", "only": "new"}, SECOND),
]


@pytest.mark.parametrize(("scope", "cards"), ALONE)
@pytest.mark.parametrize("script", [True, False])
def test_a_session_has_one_kind_alone_to_the_end(
    halfway: FlaskClient, scope: dict[str, str], cards: list[str], script: bool
) -> None:
    address, many, kind = f"/study?{urlencode(scope)}", len(cards), "New cards" if scope["only"] == "new" else "Reviews"
    browser = halfway
    seen: list[str] = []
    page = browser.get(address)
    assert re.search(rf"<title>Study: .*{kind} ", page.text)
    for n in range(many + 1):  # the first one is not known and comes again
        assert left(page) == many - max(0, n - 1)
        assert way(page) == f"{max(0, n - 1)} of {many} cards"
        assert f'data-here="{address}"'.replace("&", "&amp;") in page.text
        ahead = re.search('data-ahead="([^"]+)"', page.text)
        assert ahead
        assert question(browser.get(unescape(ahead[1]), headers=FRAGMENT)) in {question(page), *cards} - {*seen[1:]}
        seen.append(question(page))
        form = {name: unescape(value) for name, value in form_of(page, "4" if n else "1").items()}
        if script:
            page = browser.post("/study/answer", data=form, headers=FRAGMENT)
        else:
            assert browser.post("/study/answer", data=form).location == address
            page = browser.get(address)
        if n == 0:
            back = browser.post("/study/undo", data=taking(page, "undo"), follow_redirects=True)
            assert (question(back), left(back)) == (seen[0], many)
            assert 'id="redo"' in browser.get(address).text
            page = browser.post("/study/redo", data=taking(back, "redo"), follow_redirects=True)
    assert sorted(seen[:many]) == sorted(cards)
    assert seen[many] == seen[0]
    done = browser.get(page.location or "")
    assert (done.request.path, dict(done.request.args)) == ("/study/done", scope)
    assert f"{kind}</p>" in done.text
    assert re.search(rf"You (began {many} new|answered {many}) card", done.text)
    assert f"{6 - many} cards are left in what else you study." in done.text


def test_the_limits_hold_over_both_kinds(halfway: FlaskClient, session: Session, learner: User) -> None:
    person = session.merge(learner)
    person.new_per_day = person.reviews_per_day = 2
    session.commit()
    everywhere = ("", "only=new", "only=due", "only=new&collection=notes", "only=due&tag=loops+%26+more")
    assert [left(halfway.get(f"/study?{part}")) for part in everywhere] == [4, 2, 2, 2, 2]
    for part in ("only=new", "only=due", "only=new&tag=loops"):
        halfway.post("/study/answer", data=form_of(halfway.get(f"/study?{part}")))
    assert [left(halfway.get(f"/study?{part}")) for part in everywhere] == [1, 0, 1, 0, 1]
    done = halfway.get("/study/done?only=new").text
    assert "You began 2 new cards. No more are planned for today." in done
    assert "1 card is left in what else you study." in done
    assert "more review" not in done
    more = re.search(r'<form class="row" method="post" action="/study/more">.*?</form>', done, re.DOTALL)
    assert more
    assert "Study 1 more new card<" in more[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', more[0]))
    assert halfway.post("/study/more", data=fields).location == "/study?only=new"
    assert way(halfway.get("/study?only=new")) == "2 of 3 cards"


def test_cards_that_wait_come_with_either_kind_and_count_as_cards_of_it(halfway: FlaskClient) -> None:
    page = halfway.get("/study?only=due")
    failed = question(page)
    halfway.post("/study/answer", data=form_of(page, "1"))
    page = halfway.get("/study?only=new")
    assert (left(page), way(page)) == (4, "0 of 4 cards")
    for n in (1, 2, 3):
        page = halfway.post("/study/answer", data=form_of(page), headers=FRAGMENT)
        assert (left(page), way(page)) == (4 - n, f"{n} of 4 cards")
    assert question(page) == failed
    done = halfway.get(halfway.post("/study/answer", data=form_of(page), headers=FRAGMENT).location)
    page = halfway.post("/study/undo", data=taking(done, "undo"), headers=FRAGMENT)
    assert question(page) == failed
    taking(page, "redo")
    page = halfway.post("/study/undo", data=taking(page, "undo"), headers=FRAGMENT)
    assert question(page) == SECOND[2]


def test_undo_takes_back_what_the_kind_has(
    halfway: FlaskClient, session: Session, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = halfway.get("/study?only=due")
    reviewed = question(page)
    halfway.post("/study/answer", data=form_of(page))
    assert 'id="undo"' not in halfway.get("/study?only=new").text
    halfway.post("/study/answer", data=form_of(halfway.get("/study?only=new")))
    page = halfway.post("/study/undo", data=taking(halfway.get("/study?only=due"), "undo"), headers=FRAGMENT)
    assert question(page) == reviewed
    assert 'id="redo"' in page.text
    assert 'id="redo"' not in halfway.get("/study?only=new").text
    halfway.post("/study/redo", data=taking(page, "redo"))
    taking(halfway.get("/study?only=new"), "undo")  # the card begun a moment ago
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=20))
    sign_in(halfway, learner)
    page = halfway.get("/study?only=new")
    assert question(page) == SECOND[1]
    taking(page, "undo")
    while left(page := halfway.get("/study?deck=one&only=due")):
        halfway.post("/study/answer", data=form_of(page))
    assert 'id="undo"' not in halfway.get("/study?deck=one&only=new", follow_redirects=True).text


def test_a_form_with_a_kind_that_is_none_is_refused(halfway: FlaskClient) -> None:
    form = form_of(halfway.get("/study?only=new"))
    assert halfway.post("/study/answer", data=form | {"only": "old"}).status_code == 422
    assert halfway.post("/study/answer", data=form | {"only": "NEW"}).status_code == 422
    assert left(halfway.get("/study?only=new")) == 3


def test_choosing_offers_either_kind_where_there_are_both(halfway: FlaskClient) -> None:
    page = halfway.get("/choose").text
    assert re.findall(r'value="(new|reviews)"><span>(.*?) <small>', page) == [
        ("new", "Only new cards (3)"),
        ("reviews", "Only reviews (3)"),
    ]
    assert "3 reviews, 3 new cards, as on the library page;" in page
    form = {"csrf_token": csrf_token(halfway, "/choose"), "tags": ""}
    assert halfway.post("/practice", data=form | {"mode": "new"}).location == "/study?only=new"
    where = form | {"mode": "reviews", "source": "one", "tags": "Loops & More"}
    assert halfway.post("/practice", data=where).location == "/study?deck=one&tag=loops+%26+more&only=due"
    page_of_study = halfway.get("/study?only=due")
    for n in range(3):
        page_of_study = halfway.post(
            "/study/answer", data=form_of(page_of_study, "1" if n == 0 else "4"), headers=FRAGMENT
        )
        if n == 0:
            page = halfway.get("/choose").text
            assert "No reviews this time, but 1 card to repeat" in page
            assert "2 reviews, 3 new cards, 1 card to repeat, as on the library page;" in page
    assert "Only new cards" not in halfway.get("/choose").text
    assert "only=" not in halfway.get("/choose").text
