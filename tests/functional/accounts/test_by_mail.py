"""What people do with their account by mail, against a real mail server."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.accounts import counters, invitations, passwords
from app.config import Settings
from app.db.models import AccountLink, LoginSession, Mail, Portal, User
from app.web import clock, mail
from app.web.database import db
from tests.builders import PASSWORD, csrf_token, make_user, sign_in
from tests.conftest import MakePortal
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch
from tests.mailbox import Mailbox, link_in, text_of

ADA = "ada@example.org"
NEW = "another harbour lamp"
FORM = {"email": ADA, "password": PASSWORD, "zone": "Europe/Berlin"}


@pytest.fixture
def settings(mailing: Settings) -> Settings:
    return mailing


@pytest.fixture
def post(app: Flask) -> Callable[[], int]:
    """Send what waits."""
    return lambda: mail.run_pending(app)


@pytest.fixture
def ada(session: Session) -> User:
    user = make_user(session, email=ADA)
    session.commit()
    return user


def users(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count(User.id))) or 0


def test_an_account_is_made_by_who_has_the_mailbox_and_the_password(
    client: FlaskClient, session: Session, box: Mailbox, post: Callable[[], int]
) -> None:
    answer = send(client, "/register?next=/progress", **FORM)
    assert answer.status_code == 202
    assert "Look in your mail" in answer.text
    assert users(session) == 0
    post()
    got = box.take()
    assert got["To"] == ADA
    assert "Finish creating your account" in got["Subject"]
    path = link_in(got, "/register/")
    assert users(session) == 0
    assert client.get(path).status_code == 200
    assert users(session) == 0
    assert send(client, path, password="not what I chose").status_code == 422
    assert send(client, path, password=PASSWORD).location == "/progress"
    assert is_in(client)
    assert users(session) == 1
    assert session.scalars(select(User.zone)).one() == "Europe/Berlin"
    assert client.get(path).status_code == 410


def test_a_stranger_cannot_have_an_account_confirmed_with_a_password_of_theirs(
    client: FlaskClient, session: Session, box: Mailbox, post: Callable[[], int]
) -> None:
    """Whoever opens the link without knowing the password makes no account, and guessing it is limited."""
    send(client, "/register", **(FORM | {"password": "mallory harbour lamp"}))
    post()
    path = link_in(box.take(), "/register/")
    token = csrf_token(client, path)
    tries = [
        client.post(path, data={"csrf_token": token, "password": PASSWORD}).status_code
        for _ in range(counters.FREE["pair"] + 1)
    ]
    assert tries == [422] * counters.FREE["pair"] + [429]
    assert users(session) == 0


def test_of_two_registrations_the_first_confirmed_gets_the_account(
    client: FlaskClient, app: Flask, session: Session, box: Mailbox, post: Callable[[], int]
) -> None:
    send(client, "/register", **FORM)
    send(client, "/register", **(FORM | {"password": NEW}))
    post()
    first, second = (link_in(one, "/register/") for one in box.mails)
    assert send(client, second, password=NEW).status_code == 303
    assert app.test_client().get(first).status_code == 410
    assert users(session) == 1


def test_whoever_has_an_account_is_told_by_mail_and_by_nothing_else(
    app: Flask, session: Session, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    """SECURITY.md 3: registration answers the same, and a mail tells the owner alone."""
    answers = []
    for address in (ADA, "nobody@example.org"):
        client = app.test_client()
        answer = send(client, "/register", **(FORM | {"email": address}))
        answers.append((answer.status_code, sorted(answer.headers.keys()), answer.text.replace(address, "")))
    assert answers[0] == answers[1]
    assert users(session) == 1
    post()
    known, unknown = box.mails
    assert "You have an account" in known["Subject"]
    assert "Finish creating" in unknown["Subject"]
    assert link_in(known, "/reset/")


def test_who_is_invited_has_the_mailbox_too_and_learns_of_nobody(
    app: Flask, session: Session, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    now = clock.now()
    token = invitations.invite(session, role="editor", uses=1, days=7, now=now)
    session.scalars(select(Portal)).one().registration = "invited"
    session.commit()
    answers = []
    for address in (ADA, "one@example.org", "two@example.org"):
        answer = send(app.test_client(), f"/invitation/{token}", **(FORM | {"email": address}))
        answers.append((answer.status_code, answer.text.replace(address, "")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 202
    assert users(session) == 1
    post()
    _known, one, two = box.mails
    client = app.test_client()
    assert send(client, link_in(one, "/register/"), password=PASSWORD).status_code == 303
    assert client.get("/edit").status_code == 200, "as an editor"
    late = app.test_client()
    assert send(late, link_in(two, "/register/"), password=PASSWORD).status_code == 410, "the one place is taken"
    assert users(session) == 2


def test_a_portal_that_closes_makes_no_account_of_what_was_asked_before(
    client: FlaskClient, session: Session, box: Mailbox, post: Callable[[], int]
) -> None:
    send(client, "/register", **FORM)
    post()
    session.scalars(select(Portal)).one().registration = "closed"
    session.commit()
    assert send(client, link_in(box.take(), "/register/"), password=PASSWORD).status_code == 410
    assert users(session) == 0


@pytest.mark.parametrize("path", ["/reset", "/register"])
def test_known_and_unknown_addresses_take_the_same_steps(
    app: Flask, client: FlaskClient, ada: User, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """SECURITY.md 3: the time, by what takes it: the same hashes and the same statements in the same order."""
    steps: list[str] = []
    hashed = passwords.hashed

    def counted(password: str) -> str:
        steps.append("hash")
        return hashed(password)

    monkeypatch.setattr(passwords, "hashed", counted)
    token = csrf_token(client, path)
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *given: steps.append(given[2]))
    taken = []
    for address in (ADA, "nobody@example.org", ADA):
        steps.clear()
        assert client.post(path, data=FORM | {"email": address, "csrf_token": token}).status_code == 202
        taken.append(list(steps))
    assert len(taken[0]) >= 4
    assert taken[1:] == [taken[0]] * 2


def test_a_lost_password_is_set_anew_by_a_link(
    app: Flask, client: FlaskClient, session: Session, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    elsewhere = app.test_client()
    sign_in(elsewhere, ada)
    answer = send(client, "/reset", email=" ADA@example.org ")
    assert (answer.status_code, "a link is on its way" in answer.text) == (202, True)
    post()
    path = link_in(box.take(), "/reset/")
    assert client.get(path).status_code == 200
    assert send(client, path, new_password="short").status_code == 422
    assert is_in(elsewhere)
    assert send(client, path, new_password=NEW).location == "/sign-in"
    assert not is_in(elsewhere)
    assert not is_in(client)
    session.rollback()
    assert session.scalar(select(func.count(LoginSession.id))) == 0
    assert sign_in(client, ada, password=NEW).status_code == 303
    assert client.get(path).status_code == 410
    post()
    assert "Your password at Reprise was changed" in box.take()["Subject"]


@pytest.mark.parametrize("kind", ["unknown", "disabled", "erased"])
def test_no_mail_goes_where_there_is_nobody_to_sign_in(
    client: FlaskClient, session: Session, box: Mailbox, post: Callable[[], int], kind: str
) -> None:
    if kind != "unknown":
        make_user(session, email=ADA, active=False)
        session.commit()
    assert send(client, "/reset", email=ADA).status_code == 202
    assert post() == 1
    assert box.mails == []
    assert session.scalars(select(Mail.state)).one() == "dropped"


def test_links_expire(client: FlaskClient, ada: User, box: Mailbox, post: Callable[[], int], watch: Watch) -> None:
    """SECURITY.md 4."""
    send(client, "/reset", email=ADA)
    post()
    path = link_in(box.take(), "/reset/")
    watch.forward(minutes=29)
    assert client.get(path).status_code == 200
    watch.forward(minutes=2)
    token = csrf_token(client)
    assert client.get(path).status_code == 410
    assert client.post(path, data={"csrf_token": token, "new_password": NEW}).status_code == 410
    assert sign_in(client, ada).status_code == 303


@pytest.mark.parametrize("change", ["password", "address", "disabled"])
def test_a_link_is_bound_to_the_state_of_its_account(
    client: FlaskClient, session: Session, ada: User, box: Mailbox, post: Callable[[], int], change: str
) -> None:
    """SECURITY.md 4: what the account was when the link was made."""
    send(client, "/reset", email=ADA)
    post()
    path = link_in(box.take(), "/reset/")
    if change == "password":
        ada.password = passwords.hashed(NEW)
    elif change == "address":
        ada.email = "ada2@example.org"
    else:
        ada.active = False
    session.commit()
    assert client.get(path).status_code == 410


def test_a_link_works_for_its_own_account_and_page_alone(
    client: FlaskClient, session: Session, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    """SECURITY.md 4: bound to the account's id, and to what it was made for."""
    bea = make_user(session, email="bea@example.org")
    session.commit()
    send(client, "/reset", email=ADA)
    post()
    path = link_in(box.take(), "/reset/")
    token = path.removeprefix("/reset/")
    for other in (f"/register/{token}", f"/address/{token}"):
        assert client.get(other).status_code == 410
    send(client, path, new_password=NEW, email="bea@example.org", user_id=str(bea.id))
    assert sign_in(client, bea).status_code == 303


def test_using_one_link_ends_the_others(
    client: FlaskClient, app: Flask, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    for _ in range(2):
        send(client, "/reset", email=ADA)
    post()
    first, second = (link_in(one, "/reset/") for one in box.mails)
    assert send(client, first, new_password=NEW).status_code == 303
    assert app.test_client().get(second).status_code == 410


def test_nobody_is_flooded(
    client: FlaskClient, ada: User, session: Session, box: Mailbox, post: Callable[[], int], watch: Watch
) -> None:
    for _ in range(5):
        send(client, "/reset", email=ADA)
    post()
    assert len(box.mails) == 3
    watch.forward(minutes=61)
    send(client, "/reset", email=ADA)
    post()
    assert len(box.mails) == 4


def test_asking_for_links_is_limited(client: FlaskClient, ada: User) -> None:
    token = csrf_token(client)
    free = counters.FREE["register"]
    asked = [client.post("/reset", data={"email": ADA, "csrf_token": token}).status_code for _ in range(free + 1)]
    assert asked == [202] * free + [429]


def test_another_address_is_confirmed_there_and_told_here(
    client: FlaskClient, session: Session, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    sign_in(client, ada)
    answer = send(client, "/account/email", email="ada2@example.org", current_password=PASSWORD)
    assert answer.location == "/account/security"
    post()
    got = box.take()
    assert got["To"] == "ada2@example.org"
    path = link_in(got, "/address/")
    page = client.get(path)
    assert "ada2@example.org" in page.text
    session.rollback()
    assert session.scalars(select(User.email)).one() == ADA
    assert send(client, path).location == "/account/security"
    session.rollback()
    assert session.scalars(select(User.email)).one() == "ada2@example.org"
    assert is_in(client)
    post()
    told = box.take()
    assert told["To"] == ADA
    assert "ada2@example.org" in text_of(told)
    assert client.get(path).status_code == 410


def test_an_address_of_another_account_is_not_given_away(
    client: FlaskClient, session: Session, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    make_user(session, email="bea@example.org")
    session.commit()
    sign_in(client, ada)
    send(client, "/account/email", email="bea@example.org", current_password=PASSWORD)
    assert "A link is on its way" in client.get("/account/security").text
    post()
    assert "has an account at Reprise already" in box.take()["Subject"]
    session.rollback()
    assert session.scalar(select(AccountLink.id)) is None


def test_a_changed_password_is_told(client: FlaskClient, ada: User, box: Mailbox, post: Callable[[], int]) -> None:
    sign_in(client, ada)
    send(client, "/account/password", current_password=PASSWORD, new_password=NEW)
    post()
    got = box.take()
    assert got["To"] == ADA
    assert "http://study.example.org/reset" in text_of(got)


def test_a_forged_host_is_in_no_mail(client: FlaskClient, ada: User, box: Mailbox, post: Callable[[], int]) -> None:
    """SECURITY.md 10: links come from the settings."""
    forged = {"base_url": "http://evil.example", "headers": {"X-Forwarded-Host": "evil.example"}}
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/reset", **forged).text)
    assert found
    assert client.post("/reset", data={"email": ADA, "csrf_token": found[1]}, **forged).status_code == 202
    post()
    assert "evil" not in box.take().as_string()


def test_what_lies_in_the_database_opens_nothing(
    client: FlaskClient, session: Session, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    send(client, "/reset", email=ADA)
    post()
    token = link_in(box.take(), "/reset/").removeprefix("/reset/")
    session.rollback()
    rows = [repr(tuple(row)) for table in (Mail, AccountLink) for row in session.execute(select(*table.__table__.c))]
    assert len(rows) == 2
    assert not any(token in row for row in rows)


def test_without_mail_a_lost_password_is_the_administrators(settings: Settings, make_portal: MakePortal) -> None:
    plain = make_portal(replace(settings, mail_url="", mail_from=""))
    answer = plain.test_client().get("/reset")
    assert answer.status_code == 200
    assert "This portal sends no mail" in answer.text
    assert not re.search(r"<form", answer.text)


def test_old_links_and_mails_are_forgotten(
    session: Session, client: FlaskClient, ada: User, box: Mailbox, post: Callable[[], int]
) -> None:
    from app.accounts import service
    from app.web import clock

    send(client, "/reset", email=ADA)
    post()
    assert service.sweep(session, clock.now() + timedelta(hours=1)) >= 1
    assert session.scalar(select(func.count(AccountLink.id))) == 0
    assert session.scalar(select(func.count(Mail.id))) == 1
    service.sweep(session, clock.now() + timedelta(days=31))
    assert session.scalar(select(func.count(Mail.id))) == 0
