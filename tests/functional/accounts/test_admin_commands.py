"""`reprise admin …`."""

import re

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import service
from app.cli import main
from app.db.models import Audit, SetupLink, User
from app.web import clock
from tests.builders import PASSWORD, make_user, sign_in
from tests.functional.accounts.pages import is_in, send
from tests.functional.conftest import Watch


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECRET_KEY", "test-" * 10)
    monkeypatch.setenv("BASE_URL", "https://study.example.org")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["admin", *arguments])


def test_a_link_is_printed_with_the_address_that_readers_use(client: FlaskClient) -> None:
    result = run("link")
    assert result.exit_code == 0
    found = re.match(r"Set up the portal: https://study\.example\.org(/setup/\S{43})\n", result.stdout)
    assert found
    form = {"site": "Notes", "email": "ada@example.org", "password": PASSWORD, "registration": "open"}
    assert send(client, found[1], **form).status_code == 303
    assert is_in(client)


def test_a_link_only_where_nobody_administers(session: Session) -> None:
    assert "Set up the portal" in run("link", "--if-none").stdout
    make_user(session, role="admin")
    session.commit()
    silent = run("link", "--if-none")
    assert (silent.exit_code, silent.output) == (0, "")
    assert session.scalar(select(func.count(SetupLink.id))) == 1
    assert "Set up the portal" in run("link").stdout


def test_a_disabled_administrator_is_none(session: Session) -> None:
    make_user(session, role="admin", active=False)
    session.commit()
    assert "Set up the portal" in run("link", "--if-none").stdout


@pytest.mark.parametrize(("role", "words"), [("editor", "an editor"), ("admin", "an administrator")])
def test_a_role_is_given_by_address(session: Session, role: str, words: str) -> None:
    user = make_user(session, email="ada@example.org")
    session.commit()
    result = run("role", " ADA@example.org", role)
    assert (result.exit_code, result.stdout) == (0, f"ada@example.org is {words} now.\n")
    session.refresh(user)
    assert [each.name for each in user.roles] == [role]


def test_a_role_holds_from_the_next_request_on(client: FlaskClient, session: Session) -> None:
    user = make_user(session, email="ada@example.org")
    session.commit()
    sign_in(client, user)
    assert client.get("/edit/sources").status_code == 404
    run("role", "ada@example.org", "editor")
    assert client.get("/edit/sources").status_code == 200
    run("role", "ada@example.org", "learner")
    assert client.get("/edit/sources").status_code == 404


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("nobody@example.org", "No account has the address nobody@example.org"),
        ("nobody", "“nobody” is no e-mail address"),
        ("ada@example.org", "is the only administrator. Make somebody else one first"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(session: Session, email: str, words: str) -> None:
    make_user(session, email="ada@example.org", role="admin")
    session.commit()
    result = run("role", email, "learner")
    assert result.exit_code == 1
    assert words in result.stderr
    assert "Traceback" not in result.output


def test_a_role_that_is_none_is_a_mistake_of_usage() -> None:
    assert run("role", "ada@example.org", "owner").exit_code == 2


def test_somebody_is_kept_out_and_let_in_again(client: FlaskClient, session: Session) -> None:
    user = make_user(session, email="ada@example.org")
    session.commit()
    sign_in(client, user)
    assert run("disable", "ada@example.org").stdout == "ada@example.org is disabled and signed out everywhere.\n"
    assert not is_in(client)
    assert run("enable", "ada@example.org").stdout == "ada@example.org can sign in.\n"
    sign_in(client, user)
    assert is_in(client)
    assert "No account has the address" in run("disable", "ben@example.org").stderr
    noted = session.scalars(select(Audit.action).where(Audit.role == "command").order_by(Audit.id)).all()
    assert noted == ["people.disable", "people.enable"]


def test_a_lost_password_is_replaced_by_a_link(client: FlaskClient, session: Session) -> None:
    make_user(session, email="ada@example.org")
    session.commit()
    found = re.search(r"https://study\.example\.org(/reset/\S+)\n", run("reset-link", "ada@example.org").stdout)
    assert found
    assert send(client, found[1], new_password="another harbour lamp").status_code == 303
    sign_in(client, "ada@example.org", password="another harbour lamp")
    assert is_in(client)


def test_who_may_register_is_said_and_an_invitation_printed(client: FlaskClient) -> None:
    assert run("registration", "invited").stdout == "By invitation only.\n"
    assert client.get("/register").status_code == 403
    found = re.search(r"https://study\.example\.org(/invitation/\S+)\n", run("invite", "--role", "editor").stdout)
    assert found
    form = {"email": "ben@example.org", "password": PASSWORD, "zone": "UTC"}
    assert send(client, found[1], **form).status_code == 303
    assert client.get("/edit").status_code == 200


def test_due_accounts_are_erased(session: Session, watch: Watch) -> None:
    for user in (make_user(session), make_user(session)):
        user.deletion_asked_at = clock.now()
    session.commit()
    assert run("erase-due").stdout == "Erased 0 accounts.\n"
    watch.forward(days=service.KEPT_FOR.days)
    assert run("erase-due").stdout == "Erased 2 accounts.\n"
    assert session.scalar(select(func.count(User.id)).where(User.erased_at.is_(None))) == 0


def test_a_database_without_tables_is_said_in_a_line(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    result = run("link")
    assert result.exit_code == 1
    assert "reprise db upgrade" in result.stderr
