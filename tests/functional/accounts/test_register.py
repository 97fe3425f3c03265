"""Making an account."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.accounts import counters
from app.db.models import Portal, User
from tests.builders import PASSWORD, csrf_token, make_user
from tests.functional.accounts.pages import is_in, send

GOOD = {"email": "ada@example.org", "password": PASSWORD, "zone": "Europe/Berlin"}


def the_user(session: Session) -> User:
    return session.scalars(select(User)).one()


def test_a_visitor_registers_and_is_signed_in(client: FlaskClient, session: Session) -> None:
    response = send(client, "/register", **GOOD)
    assert (response.status_code, response.location) == (303, "/")
    user = the_user(session)
    assert (user.email, user.zone, [role.name for role in user.roles]) == (
        "ada@example.org",
        "Europe/Berlin",
        ["learner"],
    )
    assert user.password is not None
    assert user.password.startswith("$argon2id$")
    assert is_in(client)


def test_a_visitor_who_wanted_a_page_gets_there(client: FlaskClient) -> None:
    response = send(client, "/register?next=/progress", **GOOD)
    assert response.location == "/progress"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "ada", "Enter an email address"),
        ("email", "", "Enter an email address"),
        ("email", "a\x00da@example.org", "Enter an email address"),
        ("password", "short", "Enter at least 8 characters"),
        ("password", "", "Enter at least 8 characters"),
        ("password", "password1", "among the most common"),
        ("password", "ada@example.org", "name of the portal or of your account"),
        ("password", "Reprise!", "name of the portal or of your account"),
        ("password", "x" * 2000, "at most 1024 bytes"),
        ("zone", "Mars/Olympus", "Not a valid choice"),
        ("zone", "", "Not a valid choice"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_form_comes_back(
    client: FlaskClient, session: Session, field: str, value: str, words: str
) -> None:
    response = send(client, "/register", **(GOOD | {field: value}))
    assert response.status_code == 422
    assert words in response.text
    assert session.scalar(select(func.count(User.id))) == 0
    if field != "email":
        assert 'value="ada@example.org"' in response.text
    if field != "zone":
        assert '<option selected value="Europe/Berlin">' in response.text
    assert PASSWORD not in response.text


@pytest.mark.parametrize(
    "written", [" ada@example.org ", "ADA@Example.org", "\uff41da@example.org", "ada@\uff45xample.org"]
)
def test_a_variant_of_an_address_cannot_register_beside_it(client: FlaskClient, session: Session, written: str) -> None:
    """SECURITY.md 4: spaces, case and NFKC variants are the same account."""
    make_user(session, email="ada@example.org")
    session.commit()
    response = send(client, "/register", **(GOOD | {"email": written}))
    assert response.status_code == 422
    assert "There is an account with this address" in response.text
    assert session.scalar(select(func.count(User.id))) == 1


def test_asking_which_addresses_have_accounts_is_limited(client: FlaskClient, session: Session) -> None:
    """SECURITY.md 3: without mail registration may say that an address is taken, so often and no more."""
    make_user(session, email="ada@example.org")
    session.commit()
    form = GOOD | {"csrf_token": csrf_token(client)}
    answers = [client.post("/register", data=form).status_code for _ in range(counters.FREE["register"] + 2)]
    assert answers == [422] * counters.FREE["register"] + [429] * 2


def test_fields_that_are_not_offered_are_not_taken(client: FlaskClient, session: Session) -> None:
    """SECURITY.md 12: neither role nor anything else of the account."""
    extra = {"role": "admin", "roles": "admin", "roles-0": "3", "active": "", "id": "77", "guid": "mine"}
    extra |= {"fs_uniquifier": "mine", "new_per_day": "999", "created_at": "2020-01-01"}
    send(client, "/register", **GOOD, **extra)
    user = the_user(session)
    assert [role.name for role in user.roles] == ["learner"]
    assert (user.active, user.new_per_day) == (True, 20)
    assert user.id != 77
    assert "mine" not in (user.guid, user.fs_uniquifier)
    assert user.created_at.year > 2020


@pytest.mark.parametrize(
    ("registration", "words"), [("closed", "takes no new accounts"), ("invited", "New accounts are by invitation")]
)
def test_a_portal_that_is_not_open_says_so_and_makes_no_account(
    client: FlaskClient, session: Session, registration: str, words: str
) -> None:
    session.execute(update(Portal).values(registration=registration))
    session.commit()
    response = client.get("/register")
    assert response.status_code == 403
    assert words in response.text
    assert "read without an account" in response.text
    assert "<form" not in response.text
    assert send(client, "/register", page="/sign-in", **GOOD).status_code == 403
    assert session.scalar(select(func.count(User.id))) == 0


def test_whoever_is_signed_in_has_an_account(client: FlaskClient) -> None:
    send(client, "/register", **GOOD)
    assert client.get("/register").location == "/"
