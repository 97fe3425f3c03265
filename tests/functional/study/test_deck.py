"""A deck to read and search, for visitors, learners and editors."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.content.document import Option
from app.study.reading import PAGE
from tests.builders import LONG_AGO, choose, make_card, make_deck, make_user, sign_in
from tests.integration.study.people import give, viewer_of


def _words(html: str) -> str:
    main = html[html.index("<main") : html.index("</main>")] if "<main" in html else html
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def _numbers(html: str) -> list[int]:
    return [int(number) for number in re.findall(r'<summary><span class="no">(\d+)', html)]


def _deck_to_search(session: Session) -> None:
    deck = make_deck(session, slug="gen", title="Generative AI")
    make_card(session, deck, question="What is a GAN?", answer="Two networks.", section=("Basics",), tags=("gan",))
    make_card(
        session,
        deck,
        question="What is a VAE?",
        answer="It has a **latent** space.",
        section=("Basics",),
        tags=("vae",),
    )
    make_card(session, deck, question="What is a transformer?", answer="Not a GAN.", section=("Models",))
    make_card(session, deck, question="Where is it used?", answer="", section=("Models",), tags=("vae",))
    session.commit()


def test_a_public_deck_is_there_to_read_for_everybody(client: FlaskClient, session: Session) -> None:
    deck = make_deck(
        session, slug="gen", title="Gen", author="Ada", licence="CC BY 4.0", source_url="https://example.org/gen.md"
    )
    make_card(session, deck, question="What is `x`?", answer="A *letter*.", section=("Part", "Letters"))
    session.commit()
    page = client.get("/decks/gen")
    assert page.status_code == 200
    assert "<span>What is <code>x</code>?</span>" in page.text
    assert "A <em>letter</em>." in page.text
    said = _words(page.text)
    assert "Part · Letters 1 question" in said
    assert "Source https://example.org/gen.md Author Ada Licence CC BY 4.0" in said
    assert 'href="https://example.org/gen.md" rel="noopener noreferrer nofollow"' in page.text
    assert 'href="/sign-in?next=/decks/gen"' in page.text
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert client.get("/decks/gen", headers={"If-None-Match": page.headers["ETag"]}).status_code == 304


def test_a_source_that_is_no_web_address_is_no_link(client: FlaskClient, session: Session) -> None:
    make_deck(session, slug="gen", source_url="javascript:alert(1)", cards=1)
    session.commit()
    page = client.get("/decks/gen").text
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


def test_a_deck_one_may_not_read_is_answered_like_one_that_is_not_there(client: FlaskClient, session: Session) -> None:
    make_deck(session, slug="inner", visibility="members", cards=1)
    make_deck(session, slug="group", visibility="group", cards=1)
    make_deck(session, slug="old", archived_at=LONG_AGO, cards=1)
    learner, editor = make_user(session), make_user(session, role="editor")
    session.commit()
    missing = _words(client.get("/decks/nowhere").text)
    for slug in ("inner", "group", "old"):
        page = client.get(f"/decks/{slug}")
        assert (page.status_code, _words(page.text)) == (404, missing)
    assert client.get("/decks/no%00where").status_code == 404
    sign_in(client, learner)
    assert [client.get(f"/decks/{slug}").status_code for slug in ("inner", "group", "old")] == [200, 404, 404]
    other = client.application.test_client()
    sign_in(other, editor)
    assert [other.get(f"/decks/{slug}").status_code for slug in ("inner", "group", "old")] == [200, 200, 200]


def test_a_search_says_how_many_questions_and_answers_mention_it(client: FlaskClient, session: Session) -> None:
    _deck_to_search(session)
    both = client.get("/decks/gen?q=gan").text
    assert "1 question mentions “gan”. 1 more does in its answer." in _words(both)
    assert _numbers(both) == [1, 3]
    assert _numbers(client.get("/decks/gen?q=gan&in=questions").text) == [1]
    assert _numbers(client.get("/decks/gen?q=gan&in=answers").text) == [3]
    answers = client.get("/decks/gen?q=Latent").text
    assert "No question mentions “Latent”. 1 answer does." in _words(answers)
    assert "It has a <mark>latent</mark> space." in answers
    assert _numbers(answers) == [2]


def test_a_mistyped_search_is_offered_the_nearest_question(client: FlaskClient, session: Session) -> None:
    _deck_to_search(session)
    page = client.get("/decks/gen?q=tranformer").text
    assert "Nothing mentions “tranformer”. Nearest: What is a transformer?" in _words(page)
    assert _numbers(page) == []


def test_what_is_searched_for_is_shown_as_text(client: FlaskClient, session: Session) -> None:
    _deck_to_search(session)
    page = client.get("/decks/gen?q=<script>alert(1)</script>&tag=<b>&state=<i>&page=x&card=<u>").text
    assert "<script>alert" not in page
    assert "Nothing mentions “&lt;script&gt;alert(1)&lt;/script&gt;”." in page
    assert client.get("/decks/gen?q=%00%ff%25_&page=-3").status_code == 200
    assert client.get("/decks/gen?q=" + "x" * 1000).status_code == 200


def test_cards_are_filtered_by_tag_and_by_having_no_answer(client: FlaskClient, session: Session) -> None:
    _deck_to_search(session)
    assert _numbers(client.get("/decks/gen?tag=vae").text) == [2, 4]
    drafts = client.get("/decks/gen?tag=vae&state=draft").text
    assert _numbers(drafts) == [4]
    assert "Draft" in _words(drafts)
    assert "No question has this tag." in client.get("/decks/gen?tag=none").text
    assert "4 questions. 1 of them is a draft: no answer yet." in _words(drafts)


def test_answers_are_folded_and_can_all_be_opened_without_a_script(client: FlaskClient, session: Session) -> None:
    _deck_to_search(session)
    folded = client.get("/decks/gen").text
    assert not re.findall(r"<details[^>]* open>", folded)
    assert 'href="/decks/gen?open=all"' in folded
    opened = client.get("/decks/gen?open=all&q=gan").text
    assert len(re.findall(r"<details[^>]* open>", opened)) == 2
    assert 'href="/decks/gen?q=gan"' in opened, "closing them keeps the search"


def test_a_script_gets_only_the_cards(client: FlaskClient, session: Session) -> None:
    _deck_to_search(session)
    part = client.get("/decks/gen?q=gan", headers={"X-Fragment": "cards"}).text
    assert "<html" not in part
    assert _numbers(part) == [1, 3]
    assert part.strip() in client.get("/decks/gen?q=gan").text


def test_a_learner_sees_where_each_card_is_and_filters_by_it(client: FlaskClient, session: Session) -> None:
    user = make_user(session)
    deck = make_deck(session, slug="gen")
    cards = [make_card(session, deck, question=f"Question {n}?") for n in range(1, 6)]
    make_card(session, deck, question="Draft?", answer="")
    choose(session, user, deck)
    session.commit()
    learner, now = viewer_of(user), datetime.now(UTC)
    give(session, learner, cards[0], 4, now=now - timedelta(days=2))
    give(session, learner, cards[1], 1, now=now)
    give(session, learner, cards[2], 4, now=now)
    version = 0
    for ago in (60, 59, 53, 37):
        version = give(session, learner, cards[3], 5, now=now - timedelta(days=ago), version=version).version
    sign_in(client, user)
    page = client.get("/decks/gen").text
    states = re.findall(r'<span class="state ([a-z]+)">([^<]+)</span></summary>', page)
    assert states == [
        ("due", "Due now"),
        ("due", "Due now"),
        ("young", "Due in 1 d"),
        ("mature", "Mature"),
        ("new", "New"),
        ("off", "Draft"),
    ]
    assert re.findall(r"<option[^>]*>([^<]+)", page) == [
        "All 6",
        "Due now (2)",
        "New (1)",
        "Young (1)",
        "Mature (1)",
        "Draft (1)",
    ]
    assert _numbers(client.get("/decks/gen?state=due").text) == [1, 2]
    assert "2 due now, 1 new. Last studied today." in _words(page)
    assert "Study 3 cards" in page
    assert 'href="/study?deck=gen"' in page


def test_choices_and_questions_with_code_are_read_in_full(client: FlaskClient, session: Session) -> None:
    deck = make_deck(session, slug="gen")
    options = (Option("A", "It is `1`", False), Option("B", "It is 2", True))
    make_card(session, deck, question="What does [it](https://example.org) print?\n\n    print(1)", options=options)
    session.commit()
    page = client.get("/decks/gen").text
    assert "<span>What does it print?</span>" in page, "what opens the answer holds no link"
    assert "<pre" in page
    assert "It is <code>1</code>" in page
    assert _words(page).count("Right") == 1


def test_a_large_deck_is_read_in_pages_and_a_link_finds_the_page_of_its_card(
    client: FlaskClient, session: Session
) -> None:
    deck = make_deck(session, slug="big")
    cards = [make_card(session, deck, question=f"Question {n}?", section=("All",)) for n in range(1, PAGE + 11)]
    session.commit()
    first = client.get("/decks/big").text
    assert _numbers(first) == list(range(1, PAGE + 1))
    assert f"All {PAGE + 10} questions" in _words(first)
    assert 'href="/decks/big?page=2" rel="next"' in first
    last = client.get("/decks/big?page=99").text
    assert _numbers(last) == list(range(PAGE + 1, PAGE + 11))
    assert 'href="/decks/big" rel="prev"' in last
    linked = client.get(f"/decks/big?card={cards[-1].guid}").text
    assert _numbers(linked) == list(range(PAGE + 1, PAGE + 11))
    assert re.findall(r'<details class="q" id="q-(\w+)" open>', linked) == [cards[-1].guid]


def test_an_empty_deck_says_so(client: FlaskClient, session: Session) -> None:
    make_deck(session, slug="empty")
    session.commit()
    assert "No questions yet." in client.get("/decks/empty").text


def test_only_editors_are_offered_to_edit(client: FlaskClient, session: Session) -> None:
    card = make_card(session, make_deck(session, slug="gen"))
    learner, editor = make_user(session), make_user(session, role="editor")
    session.commit()
    sign_in(client, learner)
    assert 'href="/edit/' not in client.get("/decks/gen").text
    other = client.application.test_client()
    sign_in(other, editor)
    page = other.get("/decks/gen").text
    assert 'href="/edit/decks/gen"' in page
    assert f'href="/edit/cards/{card.guid}"' in page


def test_a_section_that_comes_back_counts_its_own_questions(client: FlaskClient, session: Session) -> None:
    deck = make_deck(session, slug="gen")
    for section in ("Basics", "Basics", "Models", "Basics"):
        make_card(session, deck, section=(section,))
    session.commit()
    parts = re.findall(r"<h2>(\w+)</h2><p>(\d+) question", client.get("/decks/gen").text)
    assert parts == [("Basics", "2"), ("Models", "1"), ("Basics", "1")]
