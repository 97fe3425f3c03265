"""Changing password and address, and deleting the account."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.accounts import counters, passwords
from app.db.models import LoginSession, User
from app.web import jobs
from tests.builders import PASSWORD, csrf_token, make_user, sign_in
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch

ANOTHER = "another harbour lamp"
CHANGES = {
    "/account/password": {"new_password": ANOTHER},
    "/account/email": {"email": "ada2@example.org"},
    "/account/delete": {},
}


@pytest.fixture
def ada(session: Session, client: FlaskClient) -> User:
    user = make_user(session, email="ada@example.org")
    session.commit()
    sign_in(client, user)
    return user


def kept(session: Session, user: User) -> tuple[object, ...]:
    session.rollback()
    session.refresh(user)
    return (user.email, user.password, user.active, user.deletion_asked_at)


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize("password", ["", "quite another", PASSWORD.upper()])
def test_a_change_needs_the_present_password(
    client: FlaskClient, session: Session, ada: User, path: str, password: str
) -> None:
    """SECURITY.md 2: password, address and deletion each ask for it, and a wrong one changes nothing."""
    before = kept(session, ada)
    response = send(client, path, current_password=password, **CHANGES[path])
    assert response.status_code == 422
    assert "This is not your present password" in response.text
    assert kept(session, ada) == before
    assert is_in(client)


@pytest.mark.parametrize("path", CHANGES)
def test_who_has_just_proved_it_again_is_not_asked_for_ten_minutes(
    client: FlaskClient, session: Session, ada: User, watch: Watch, path: str
) -> None:
    """SECURITY.md 2: a fresh proof stands for the password; having signed in does not, nor does one that is over."""
    assert 'name="current_password"' in client.get(path).text
    assert send(client, f"/account/prove?next={path}", current_password=PASSWORD).location == path
    assert 'name="current_password"' not in client.get(path).text
    before = kept(session, ada)
    watch.forward(minutes=11)
    late = send(client, path, **CHANGES[path])
    assert late.status_code == 422
    assert "enter this, too" in late.text
    assert "This is not your present password" not in late.text
    assert CHANGES[path].get("email", "") in late.text
    assert kept(session, ada) == before
    send(client, "/account/prove", current_password=PASSWORD)
    assert send(client, path, **CHANGES[path]).status_code == 303
    assert kept(session, ada) != before


def test_sessions_say_how_they_were_opened(client: FlaskClient, session: Session, ada: User) -> None:
    assert re.search(r"from 127\.0\.0\.1\. Signed in with the password\.", client.get("/account/security").text)
    session.execute(update(LoginSession).values(how=""))  # one older than such notes
    session.commit()
    assert "from 127.0.0.1.</p>" in client.get("/account/security").text


@pytest.mark.parametrize("path", CHANGES)
def test_guessing_the_present_password_is_limited(client: FlaskClient, ada: User, path: str) -> None:
    """SECURITY.md 18: an open browser is no place to try all passwords."""
    form = CHANGES[path] | {"current_password": "quite another", "csrf_token": csrf_token(client, path)}
    answers = [client.post(path, data=form).status_code for _ in range(counters.FREE["pair"] + 1)]
    assert answers == [422] * counters.FREE["pair"] + [429]


@pytest.mark.parametrize("path", ["/account/security", *CHANGES])
def test_a_visitor_is_asked_to_sign_in(client: FlaskClient, path: str) -> None:
    assert client.get(path).location == f"/sign-in?next={path}"


def test_another_password_signs_out_every_other_browser_and_keeps_this_one(
    app: Flask, client: FlaskClient, session: Session, ada: User
) -> None:
    """SECURITY.md 6: remembered ones too, at once."""
    others = [app.test_client(), app.test_client()]
    for other in others:
        sign_in(other, ada, keep=True)
    response = send(client, "/account/password", current_password=PASSWORD, new_password=ANOTHER)
    assert response.location == "/account/security"
    assert "Your password is changed" in client.get("/account/security").text
    assert [is_in(other) for other in others] == [False, False]
    assert sign_in(app.test_client(), ada).status_code == 422
    assert sign_in(app.test_client(), ada, password=ANOTHER).status_code == 303


@pytest.mark.parametrize("remembered", [True, False])
def test_another_password_leaves_this_browser_as_long_signed_in_as_it_was(
    app: Flask, session: Session, ada: User, remembered: bool
) -> None:
    client = app.test_client()
    sign_in(client, ada, keep=remembered)
    send(client, "/account/password", current_password=PASSWORD, new_password=ANOTHER)
    assert session.scalars(select(LoginSession.remembered)).all() == [remembered]
    cookie = client.get_cookie("reprise")
    assert cookie is not None
    assert (cookie.expires is not None) is remembered


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "at least 8 characters"), ("password1", "most common"), ("ada@example.org", "of your account")],
)
def test_another_password_keeps_to_the_rules(client: FlaskClient, ada: User, password: str, words: str) -> None:
    """SECURITY.md 1."""
    response = send(client, "/account/password", current_password=PASSWORD, new_password=password)
    assert response.status_code == 422
    assert words in response.text


def test_a_bad_new_password_costs_no_hash(client: FlaskClient, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "matches", lambda *_: pytest.fail("a password was hashed"))
    assert send(client, "/account/password", current_password=PASSWORD, new_password="short").status_code == 422


def test_another_address_is_the_one_to_sign_in_with(app: Flask, client: FlaskClient, ada: User) -> None:
    send(client, "/account/email", current_password=PASSWORD, email=" Ada2@Example.org")
    assert "From now on you sign in as ada2@example.org." in client.get("/account/security").text
    assert sign_in(app.test_client(), "ada@example.org").status_code == 422
    assert sign_in(app.test_client(), "ada2@example.org").status_code == 303


@pytest.mark.parametrize(
    ("email", "words"),
    [("ada", "Enter an email address"), ("\uff22ea@example.org", "Another account has this address")],
)
def test_an_address_that_is_none_or_anothers_is_refused(
    client: FlaskClient, session: Session, ada: User, email: str, words: str
) -> None:
    """SECURITY.md 4: variants of somebody else's address too."""
    make_user(session, email="bea@example.org")
    session.commit()
    response = send(client, "/account/email", current_password=PASSWORD, email=email)
    assert response.status_code == 422
    assert words in response.text
    assert kept(session, ada)[0] == "ada@example.org"


def test_a_deleted_account_is_signed_out_everywhere_at_once(app: Flask, client: FlaskClient, ada: User) -> None:
    """SECURITY.md 6."""
    other = app.test_client()
    sign_in(other, ada, keep=True)
    response = send(client, "/account/delete", current_password=PASSWORD)
    assert response.location.startswith("/account/deleted?receipt=")
    assert "Your account will be deleted on" in client.get(response.location).text
    assert not is_in(client)
    assert not is_in(other)


def test_a_deleted_account_is_kept_by_signing_in_and_erased_otherwise(
    app: Flask, client: FlaskClient, session: Session, ada: User, watch: Watch
) -> None:
    first = send(client, "/account/delete", current_password=PASSWORD).location
    watch.forward(days=6, hours=23)
    jobs.run_chores(app)
    assert sign_in(client, ada).status_code == 303
    assert "Your account is kept." in app.test_client().get(first).text
    assert "Your account is kept" in client.get("/").text
    assert "Your account is kept" not in client.get("/").text
    assert "Take your data with you first" in client.get("/account/delete").text
    receipt = send(client, "/account/delete", current_password=PASSWORD).location
    watch.forward(days=3)
    assert "in 7 days" not in client.get(receipt).text, "three of them are over"
    watch.forward(days=4)
    assert jobs.run_chores(app) >= 1
    assert "Your account is deleted." in client.get(receipt).text
    assert "Your account is deleted." not in client.get(receipt[:-3]).text
    assert sign_in(client, ada).status_code == 422
    session.refresh(ada)
    assert ada.email.endswith("@deleted.invalid")


def test_the_only_administrator_is_told_what_to_do_first(client: FlaskClient, session: Session) -> None:
    admin = make_user(session, role="admin")
    session.commit()
    sign_in(client, admin)
    response = send(client, "/account/delete", current_password=PASSWORD)
    assert response.status_code == 422
    assert "You are the only administrator" in response.text
    assert is_in(client)


def test_fields_that_are_not_offered_are_not_taken(client: FlaskClient, session: Session, ada: User) -> None:
    """SECURITY.md 12."""
    extra = {"role": "admin", "user_id": "1", "id": "1", "active": "", "zone": "Asia/Tokyo"}
    send(client, "/account/email", current_password=PASSWORD, email="ada2@example.org", **extra)
    session.refresh(ada)
    assert ([role.name for role in ada.roles], ada.active, ada.zone) == (["learner"], True, "UTC")


def sessions_shown(client: FlaskClient) -> list[str]:
    page = client.get("/account/security").text
    return re.findall(r"<li><h3>(.+? on .+?)</h3>", page)


def test_sessions_are_listed_the_present_one_first(app: Flask, client: FlaskClient, ada: User, watch: Watch) -> None:
    """SECURITY.md 7: a user lists and ends their sessions."""
    other = app.test_client()
    other.environ_base |= {"HTTP_USER_AGENT": "Mozilla/5.0 (iPhone) Safari/604.1", "REMOTE_ADDR": "198.51.100.80"}
    watch.forward(minutes=1)
    sign_in(other, ada, keep=True)
    client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux) Firefox/140.0"
    send(client, "/sign-out", page="/account/security")
    sign_in(client, ada)
    assert sessions_shown(client) == ["Firefox on Linux", "Safari on an iPhone"]
    page = client.get("/account/security").text
    assert "198.51.100.80" in page
    assert "Remembered until" in page
    assert page.count("This one") == 1


def test_one_session_can_be_ended(app: Flask, client: FlaskClient, session: Session, ada: User) -> None:
    """SECURITY.md 7."""
    others = [app.test_client(), app.test_client()]
    for other in others:
        sign_in(other, ada)
    last = session.scalars(select(LoginSession).order_by(LoginSession.id.desc())).first()
    assert last is not None
    response = send(client, f"/account/sessions/{last.guid}/end", page="/account/security")
    assert response.location == "/account/security"
    assert [is_in(client), *map(is_in, others)] == [True, True, False]


def test_a_session_of_somebody_else_is_not_there(app: Flask, client: FlaskClient, session: Session, ada: User) -> None:
    """SECURITY.md 11: another's id, or one that never was, is the same 404."""
    bea, other = make_user(session), app.test_client()
    session.commit()
    sign_in(other, bea)
    theirs = session.scalars(select(LoginSession.guid).where(LoginSession.user_id == bea.id)).one()
    for guid in (theirs, "nonsense"):
        assert send(client, f"/account/sessions/{guid}/end", page="/account/security").status_code == 404
    assert is_in(other)


def test_all_other_sessions_can_be_ended(app: Flask, client: FlaskClient, session: Session, ada: User) -> None:
    bea = make_user(session)
    session.commit()
    others = [app.test_client() for _ in range(3)]
    for other, user in zip(others, (ada, ada, bea), strict=True):
        sign_in(other, user)
    page = client.get("/account/security").text
    assert "End the 2 others" in page
    send(client, "/account/sessions/end", page="/account/security")
    assert [is_in(client), *map(is_in, others)] == [True, False, False, True]
    assert "End the" not in client.get("/account/security").text


def test_an_agent_is_text_and_not_markup(app: Flask, ada: User) -> None:
    client = app.test_client()
    client.environ_base["HTTP_USER_AGENT"] = "Firefox/1 <script>alert(1)</script> Linux"
    sign_in(client, ada)
    assert "<script>alert" not in client.get("/account/security").text


@pytest.mark.parametrize("path", ["/register", "/sign-in", "/account/security", "/account/email", "/account/delete"])
def test_pages_promise_no_mail_where_none_is_sent(app: Flask, client: FlaskClient, ada: User, path: str) -> None:
    browser = client if path.startswith("/account") else app.test_client()
    page = browser.get(path).text.lower()
    assert "by mail" not in page


def test_last_seen_is_noted_every_five_minutes_at_most(
    client: FlaskClient, session: Session, ada: User, watch: Watch
) -> None:
    def seen() -> object:
        session.rollback()
        return session.scalars(select(LoginSession.seen_at)).one()

    first = seen()
    watch.forward(minutes=4)
    client.get("/account/security")
    assert seen() == first
    watch.forward(minutes=2)
    client.get("/account/security")
    assert seen() > first + timedelta(minutes=5)  # type: ignore[operator]
